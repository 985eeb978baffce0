"""From paths to configs: which files are read, which dialect each document is."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from llmcost.config.nodes import Text, parse_text
from llmcost.domain.errors import ConfigError, DataError, UsageError
from llmcost.domain.text import nearest
from llmcost.quota import dialects
from llmcost.quota.config import Config, Dialect
from llmcost.quota.problem import Problem
from llmcost.quota.roster import informed
from llmcost.quota.semantics import Semantics, semantics_named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from llmcost.config.nodes import Node
    from llmcost.quota.roster import Roster

MAX_BYTES = 4_000_000
"""Largest file read: 30,000 rules. Anything larger is data, not a config."""
_SUFFIXES = {".yaml", ".yml", ".json"}
_SKIPPED = {"node_modules", "__pycache__"}
_HINTS = ("limit_to", "gateway-rate-limiting-config", "gateway-budget-config")
"""Words that make a broken file in a folder worth a finding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What was found in one file."""

    text: Text
    configs: tuple[Config, ...]
    problems: tuple[Problem, ...] = ()
    """About documents of no known dialect."""


@cache
def all_dialects() -> dict[str, Dialect]:
    """Every dialect by id, sorted."""
    found = {
        module.name.replace("_", "-"): importlib.import_module(f"{dialects.__name__}.{module.name}").dialect
        for module in pkgutil.iter_modules(dialects.__path__)
        if not module.name.startswith("_")
    }
    return dict(sorted(found.items()))


def opened(
    paths: Sequence[Path], *, semantics: str | None = None, roster: Roster | None = None
) -> tuple[list[Opened], int]:
    """The configs at these paths, and how many files of folders are none.

    Raises ConfigError when a file named is no config, UsageError when a path is missing, DataError when a folder holds none.
    """
    chosen = None if semantics is None else semantics_named(semantics)
    found: list[Opened] = []
    others = 0
    for path in dict.fromkeys(paths):
        if not path.exists():
            raise UsageError(f"{path}: no such file or folder", hint="check the path")
        if not path.is_dir():
            found.append(_named(path, chosen, roster))
            continue
        met = [_met(file, chosen, roster) for file in _below(path)]
        inside = [one for one in met if one is not None]
        others += len(met) - len(inside)
        if not inside:
            raise DataError(
                f"{path}: no gateway config in this folder",
                hint=f"{', '.join(sorted(_SUFFIXES))} files were looked at; known types: {', '.join(_types())}",
            )
        found += inside
    unique = {one.text.name: one for one in found}
    return list(unique.values()), others


def opened_text(text: Text, semantics: Semantics | None = None, roster: Roster | None = None) -> Opened:
    """The configs in one text."""
    configs: list[Config] = []
    problems: list[Problem] = []
    claimed: dict[str, list[Node]] = {}
    for root in text.documents:
        name = next((name for name, one in all_dialects().items() if root.kind == "mapping" and one.claims(root)), None)
        if name is not None:
            claimed.setdefault(name if all_dialects()[name].whole_file else f"{name}\n{root.start}", []).append(root)
        elif root.kind == "mapping" and (problem := _unknown_type(root)) is not None:
            problems.append(problem)
    for key, roots in claimed.items():
        name = key.partition("\n")[0]
        dialect = all_dialects()[name]
        read = dialect.read(tuple(roots), text)
        configs.append(
            Config(
                source=text,
                dialect_id=name,
                dialect=dialect,
                semantics=semantics or semantics_named(dialect.semantics),
                documents=tuple(roots),
                limits=informed(read.limits, roster),
                problems=read.problems,
                name=read.name,
                scope=read.scope,
                notes=read.notes,
                roster=roster,
            )
        )
    return Opened(text=text, configs=tuple(configs), problems=tuple(problems))


def read_text(path: Path) -> Text:
    """A file as YAML; ConfigError when it cannot be read, is too large, or is not UTF-8."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise ConfigError(
                f"{path}: {size / 1_000_000:.1f} MB is larger than any gateway config",
                hint=f"files up to {MAX_BYTES // 1_000_000} MB are read; split it",
            )
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}") from None
    try:
        return parse_text(data.decode("utf-8"), str(path))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}:1: not UTF-8 text", hint="a gateway config is a YAML or JSON file") from None


def _named(path: Path, semantics: Semantics | None, roster: Roster | None) -> Opened:
    found = opened_text(read_text(path), semantics, roster)
    if found.configs or found.problems or found.text.trouble is not None:
        return found
    raise ConfigError(
        f"{path}: not a gateway config" + ("" if found.text.documents else ": the file is empty"),
        hint=f"known types: {', '.join(_types())}; `llmcost quota schema` lists what is read",
    )


def _met(path: Path, semantics: Semantics | None, roster: Roster | None) -> Opened | None:
    """A file met in a folder; None when it is none of ours."""
    try:
        found = opened_text(read_text(path), semantics, roster)
    except ConfigError:
        return None
    broken = found.text.trouble is not None and any(word in found.text.text for word in _HINTS)
    return found if found.configs or found.problems or broken else None


def _below(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts
        if (
            path.suffix in _SUFFIXES
            and path.is_file()
            and not any(part.startswith(".") or part in _SKIPPED for part in inside)
        ):
            yield path


def _types() -> Iterable[str]:
    return [name for dialect in all_dialects().values() for name in dialect.types]


def _unknown_type(root: Node) -> Problem | None:
    """A document that looks like a gateway config of no type we know."""
    kind = root.get("type")
    rules = root.get("rules")
    looks = rules is not None and any(
        rule.kind == "mapping" and {"limit_to", "when", "rate_limit_applies_per"} & set(rule.entries)
        for rule in rules.items
    )
    known = f"known: {', '.join(_types())}"
    if kind is None or kind.kind != "scalar":
        if not looks:
            return None
        return Problem(
            code="QS201", at=root.own[0][0], message="no `type:`, so nobody knows what config this is", help=known
        )
    if looks or (kind.text.startswith(("gateway-", "tenant-", "team-")) and kind.text.endswith("-config")):
        return Problem(
            code="QS201", at=kind, message=f"unknown type `{kind.text}`", help=nearest(kind.text, _types()) or known
        )
    return None
