"""A folder of checks as a catalogue: one module each, whose name dashed is the check's and whose docstring is its page."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from typing import TYPE_CHECKING, Protocol, TypeVar

from llmcost.domain.errors import UsageError
from llmcost.domain.finding import Rule
from llmcost.domain.text import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import ModuleType

    from llmcost.domain.finding import Confidence, Severity


class Described(Protocol):
    """What a catalogue needs of a check."""

    @property
    def code(self) -> str: ...  # noqa: D102  the names say it

    @property
    def severity(self) -> Severity: ...  # noqa: D102

    @property
    def confidence(self) -> Confidence: ...  # noqa: D102


_Check = TypeVar("_Check", bound=Described)


def checks_in(folder: ModuleType, kind: type[_Check]) -> dict[str, tuple[str, _Check]]:
    """Name and `check` of every module of a folder by code, sorted; modules with an underscore are helpers."""
    found: dict[str, tuple[str, _Check]] = {}
    for module in pkgutil.iter_modules(folder.__path__):
        if not module.name.startswith("_"):
            check = importlib.import_module(f"{folder.__name__}.{module.name}").check
            if not isinstance(check, kind):
                raise TypeError(f"{folder.__name__}.{module.name} holds no {kind.__name__}")
            found[check.code] = (module.name.replace("_", "-"), check)
    return dict(sorted(found.items()))


def rules_of(folder: ModuleType, checks: Mapping[str, tuple[str, Described]]) -> tuple[Rule, ...]:
    """Every check as a record, sorted by code."""
    return tuple(_rule(folder, name, check) for name, check in checks.values())


def means(word: str, code: str, name: str) -> bool:
    """Whether a word stands for a check: the beginning of its code, or its name."""
    return code.startswith(word.upper()) or word.lower() == name


def rule_named(rules: Sequence[Rule], wanted: str, *, listed_by: str) -> Rule:
    """The rule with this code or name; UsageError naming the nearest, or the command that lists them, when there is none."""
    for rule in rules:
        if wanted.upper() == rule.code or wanted.lower() == rule.name:
            return rule
    known = [word for rule in rules for word in (rule.code, rule.name)]
    raise UsageError(
        f"unknown check {wanted!r}",
        hint=nearest(wanted.upper(), known) or nearest(wanted, known) or f"see `{listed_by}`",
    )


def _rule(folder: ModuleType, name: str, check: Described) -> Rule:
    text = inspect.getdoc(importlib.import_module(f"{folder.__name__}.{name.replace('-', '_')}")) or ""
    return Rule(
        code=check.code,
        name=name,
        severity=check.severity,
        confidence=check.confidence,
        title=text.partition("\n")[0].rstrip("."),
        text=text.partition("\n")[2].strip(),
    )
