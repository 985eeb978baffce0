"""llmcost.yaml: where it is found, and what it says.

Everything has a default, so no file is needed. What a file does say is checked: a misspelt key is refused with its line,
because a setting that silently does nothing is worse than none. Paths are relative to the file.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from llmcost.config.gate import Gate, read_gate
from llmcost.config.reader import Reader
from llmcost.config.tags import TagRules, read_tags
from llmcost.config.yaml import Document, Key, check_keys, read_document
from llmcost.domain.attribution import DEFAULT_ATTRIBUTION
from llmcost.domain.errors import UsageError
from llmcost.domain.fx import RateError, Rates, rates_of
from llmcost.domain.period import time_zone

FILE_NAME = "llmcost.yaml"
DEFAULT_LEDGER = "llmcost.duckdb"

_KEYS = (
    "db",
    "tz",
    "currency",
    "fx",
    "pricing",
    "reported_cost",
    "ingest",
    "attribution",
    "production",
    "customers",
    "budgets",
    "limits",
    "alerts",
    "channels",
    "gate",
    "quota",
    "allocation",
    "tags",
)
_PRODUCTION = ("production", "prod", "live")
_BUDGET_KEYS = (
    "name",
    "where",
    "scope",
    "per",
    "period",
    "start",
    "end",
    "tz",
    "amount",
    "unit",
    "warn_at",
    "forecast_at",
    "warn_until",
    "owner",
    "segments",
)
_ALERT_KEYS = (
    "rule",
    "name",
    "metric",
    "where",
    "per",
    "window",
    "compare",
    "above",
    "below",
    "escalate_at",
    "limit",
    "unit",
    "min_requests",
    "min_cost",
    "to",
)
_CHANNEL_KEYS = ("type", "url", "headers", "host", "port", "security", "user", "password", "from", "to")
_ALLOCATION_KEYS = (
    "by",
    "decimals",
    "rules",
    "unattributed",
    "charges",
    "difference",
    "tolerance",
    "statement",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """A gateway whose API a bare `llmcost ingest` reads."""

    gateway: str
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What llmcost.yaml says, completed with the defaults."""

    document: Document | None = None
    """The file itself, to name the line of a setting found wrong later; None without a file."""
    db: Path | None = None
    tz: str = "UTC"
    currency: str = "USD"
    fx: Mapping[str, Rates] = field(default_factory=dict)
    """Exchange rates by currency: what one unit of the price list's currency is worth."""
    pricing: tuple[Path, ...] = ()
    """Price files laid over the built-in list, in order."""
    bills: frozenset[str] = frozenset()
    """Reporters (`reported_by`) whose reported cost is the bill, not a claim."""
    ingest: tuple[Path | Pull, ...] = ()
    """What a bare `llmcost ingest` reads."""
    attribution: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: DEFAULT_ATTRIBUTION)
    """Tag keys by column, first present wins."""
    production: tuple[str, ...] = _PRODUCTION
    """Environments that count as production."""
    customers: Path | None = None
    budgets: tuple[Mapping[str, Any], ...] = ()
    alerts: tuple[Mapping[str, Any], ...] = ()
    channels: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Where alerts are delivered, by name."""
    gate: Gate = field(default_factory=Gate)
    quota: tuple[Path, ...] = ()
    """Gateway configs and folders of them that `llmcost check` lints."""
    allocation: tuple[Mapping[str, Any], ...] = ()
    """How cost is allocated, one for each dimension."""
    tags: TagRules = field(default_factory=TagRules)

    @property
    def folder(self) -> Path:
        """Where paths of ours are relative to: the folder of llmcost.yaml, or the current one."""
        return Path() if self.document is None else Path(self.document.name).parent

    @property
    def limit_files(self) -> tuple[Path, ...]:
        """Files and folders that hold limits: those under `quota:`, and llmcost.yaml itself where it has `limits:`."""
        document = self.document
        if document is None or not isinstance(document.value, dict) or not document.value.get("limits"):
            return self.quota
        return (*self.quota, Path(document.name))

    def check_there(self, key: str) -> None:
        """Raise ConfigError with the place of a path under `ingest:` or `quota:` that does not exist; a pattern is none."""
        from glob import has_magic

        if self.document is None or not isinstance(self.document.value, dict):
            return
        written = self.document.value.get(key)
        entries: list[tuple[tuple[Key, ...], Any]] = [((key,), written)]
        if isinstance(written, list):
            entries = [((key, place), text) for place, text in enumerate(written)]
        for path, text in entries:
            if not isinstance(text, str) or has_magic(text) or _is_there((self.folder / text).expanduser()):
                continue
            raise self.document.error(f"no such file or folder: {text}", *path, hint="paths are relative to the file")

    def ledger_path(self, db: Path | None = None, *, environ: Mapping[str, str] = os.environ) -> Path:
        """The ledger to use: `db` (`--db`) > LLMCOST_DB > `db:` > ./llmcost.duckdb."""
        if db is not None:
            return db
        if environ.get("LLMCOST_DB"):
            return Path(environ["LLMCOST_DB"])
        return self.db if self.db is not None else Path(DEFAULT_LEDGER)


def load_settings(
    config: Path | None = None, *, start: Path | None = None, environ: Mapping[str, str] = os.environ
) -> Settings:
    """The settings of `config` (`--config`), else of LLMCOST_CONFIG, else of the nearest file upward from `start`.

    Raises ConfigError when a file cannot be read or says something unknown.
    """
    if config is None and environ.get("LLMCOST_CONFIG"):
        config = Path(environ["LLMCOST_CONFIG"])
    if config is None:
        config = find(start if start is not None else Path.cwd())
    return Settings() if config is None else read_settings(config)


def find(start: Path) -> Path | None:
    """The nearest llmcost.yaml from `start` up to the root of its repository.

    Outside a repository only `start` itself counts: a parent folder such as /tmp may belong to anybody.
    """
    folders = [start, *start.parents]
    root = next((place for place, folder in enumerate(folders) if _is_there(folder / ".git")), 0)
    return next((folder / FILE_NAME for folder in folders[: root + 1] if _is_there(folder / FILE_NAME)), None)


def _is_there(path: Path) -> bool:
    """Whether we can see the path; a folder above ours may be closed to us."""
    try:
        return path.exists()
    except OSError:
        return False


def read_settings(path: Path) -> Settings:
    """The settings in one file."""
    document = read_document(path)
    if document.value is None:
        return Settings(document=document)
    check_keys(document, (), _KEYS)
    reader = Reader(document, path.parent)
    return Settings(
        document=document,
        db=reader.path("db"),
        tz=_tz(reader) or "UTC",
        currency=_currency(reader) or "USD",
        fx=_fx(reader),
        pricing=reader.paths("pricing"),
        bills=_bills(reader),
        ingest=_ingest(reader),
        attribution=_attribution(reader),
        production=reader.texts("production") if "production" in document.value else _PRODUCTION,
        customers=reader.path("customers"),
        budgets=reader.mappings("budgets", _BUDGET_KEYS),
        alerts=reader.mappings("alerts", _ALERT_KEYS),
        channels=reader.named_mappings("channels", _CHANNEL_KEYS),
        gate=read_gate(reader),
        quota=reader.paths("quota"),
        allocation=reader.one_or_more("allocation", _ALLOCATION_KEYS),
        tags=read_tags(document, path.parent),
    )


def _tz(reader: Reader) -> str | None:
    name = reader.text("tz")
    if name is not None:
        try:
            time_zone(name)
        except UsageError as error:
            raise reader.document.error(error.message, "tz", hint=error.hint) from error
    return name


def _currency(reader: Reader) -> str | None:
    code = reader.text("currency")
    if code is not None:
        _check_currency(reader, code, "currency")
    return code


def _check_currency(reader: Reader, code: str, *path: Key) -> None:
    if not re.fullmatch("[A-Z]{3}", code):
        raise reader.document.error(f"{code!r} is not a currency code", *path, hint="use one such as USD or EUR")


def _fx(reader: Reader) -> Mapping[str, Rates]:
    found: dict[str, Rates] = {}
    for code in reader.mapping("fx"):
        _check_currency(reader, code, "fx", code)
        table = reader.mapping("fx", code)
        try:
            found[code] = rates_of(table)
        except RateError as error:
            raise reader.document.error(str(error), "fx", code, error.key) from error
    return MappingProxyType(found)


def _bills(reader: Reader) -> frozenset[str]:
    meanings = {reporter: reader.text("reported_cost", reporter) for reporter in reader.mapping("reported_cost")}
    for reporter, meaning in meanings.items():
        if meaning not in {"claim", "bill"}:
            raise reader.document.error(
                f"reported cost cannot be {meaning!r}",
                "reported_cost",
                reporter,
                hint="write claim (what the gateway thinks) or bill (what you are charged)",
            )
    return frozenset(reporter for reporter, meaning in meanings.items() if meaning == "bill")


def _ingest(reader: Reader) -> tuple[Path | Pull, ...]:
    found: list[Path | Pull] = []
    for place, item in enumerate(reader.items("ingest")):
        if isinstance(item, dict):
            check_keys(reader.document, ("ingest", place), ("from", "url"))
            gateway = reader.text("ingest", place, "from")
            if gateway is None:
                raise reader.document.error("no gateway", "ingest", place, hint="add `from:` with its name")
            found.append(Pull(gateway=gateway, url=reader.text("ingest", place, "url")))
        else:
            found.append(reader.folder / (reader.text("ingest", place) or ""))
    return tuple(found)


def _attribution(reader: Reader) -> Mapping[str, tuple[str, ...]]:
    """The default rules with those columns replaced that the file names."""
    value = reader.at("attribution")
    if value is None:
        return DEFAULT_ATTRIBUTION
    check_keys(reader.document, ("attribution",), tuple(DEFAULT_ATTRIBUTION))
    named = {
        column: tuple(key.removeprefix("tags.") for key in reader.texts("attribution", column)) for column in value
    }
    return MappingProxyType({**DEFAULT_ATTRIBUTION, **named})
