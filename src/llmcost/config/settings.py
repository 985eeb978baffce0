"""llmcost.yaml: where it is found, and what it says.

Everything has a default, so no file is needed. What a file does say is checked: a misspelt key is refused with its line,
because a setting that silently does nothing is worse than none. Paths are relative to the file.
"""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

from llmcost.config.tags import TagRules, read_tags
from llmcost.config.yaml import Document, Key, check_keys, read_document
from llmcost.domain.attribution import DEFAULT_ATTRIBUTION
from llmcost.domain.errors import UsageError
from llmcost.domain.fx import Rates, rates_of
from llmcost.domain.period import parse_period, time_zone

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
_GATE_KEYS = (
    "period",
    "unpriced",
    "estimated",
    "unattributed",
    "rejected",
    "stale",
    "cost",
    "increase",
    "increase_amount",
    "crossed",
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
_PERCENT = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*%")
_AMOUNT = re.compile(r"\d{1,24}(?:\.\d{1,12})?")
_DURATION = re.compile(r"(?P<number>\d{1,6})\s*(?P<unit>[mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """A gateway whose API a bare `llmcost ingest` reads."""

    gateway: str
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """When `llmcost check` fails; None is not checked."""

    period: str = "30d"
    """Which requests the shares are taken of, up to now."""
    unpriced: Decimal | None = None
    """Largest share of unpriced requests, 0 to 1."""
    estimated: Decimal | None = None
    """Largest share of cost that is estimated, 0 to 1."""
    unattributed: Mapping[str, Decimal] = field(default_factory=dict)
    """Largest share of cost without a value, 0 to 1, by dimension or tag; the key "" is: without any owner at all."""
    rejected: Decimal | None = None
    """Largest share of lines that could not be read, 0 to 1."""
    stale: timedelta | None = None
    """Longest time since the last request; None for the default."""
    cost: Decimal | None = None
    """Largest cost of `period`, in the reporting currency."""
    increase: Decimal | None = None
    """Largest growth since the baseline, as a share of it."""
    increase_amount: Decimal | None = None
    """Largest growth since the baseline, in the reporting currency."""
    crossed: bool = False
    """Whether a budget crossed since the baseline fails, and one that was crossed before only warns."""

    @property
    def compares(self) -> bool:
        """Whether anything needs the baseline."""
        return self.increase is not None or self.increase_amount is not None or self.crossed


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
    reader = _Reader(document, path.parent)
    return Settings(
        document=document,
        db=reader.path("db"),
        tz=reader.tz() or "UTC",
        currency=reader.currency() or "USD",
        fx=reader.fx(),
        pricing=reader.paths("pricing"),
        bills=reader.bills(),
        ingest=reader.ingest(),
        attribution=reader.attribution(),
        production=reader.texts("production") if "production" in document.value else _PRODUCTION,
        customers=reader.path("customers"),
        budgets=reader.mappings("budgets", _BUDGET_KEYS),
        alerts=reader.mappings("alerts", _ALERT_KEYS),
        channels=reader.named_mappings("channels", _CHANNEL_KEYS),
        gate=reader.gate(),
        quota=reader.paths("quota"),
        allocation=reader.one_or_more("allocation", _ALLOCATION_KEYS),
        tags=read_tags(document, path.parent),
    )


class _Reader:
    """Reads settings one by one; every complaint names the place."""

    def __init__(self, document: Document, folder: Path) -> None:
        self.document = document
        self.folder = folder

    def text(self, *path: Key) -> str | None:
        value = self._at(*path)
        if value is None or (isinstance(value, str) and value.strip()):
            return value
        raise self.document.error("expected text", *path)

    def texts(self, *path: Key) -> tuple[str, ...]:
        """A list of texts; one text stands for a list of one."""
        value = self._at(*path)
        if isinstance(value, str):
            return (self.text(*path) or "",)
        return tuple(self.text(*path, place) or "" for place in range(len(self._items(*path))))

    def path(self, *path: Key) -> Path | None:
        text = self.text(*path)
        return None if text is None else self.folder / text

    def paths(self, *path: Key) -> tuple[Path, ...]:
        return tuple(self.folder / text for text in self.texts(*path))

    def mappings(self, key: str, allowed: Sequence[str]) -> tuple[Mapping[str, Any], ...]:
        items = self._items(key)
        for place in range(len(items)):
            check_keys(self.document, (key, place), allowed)
        return tuple(MappingProxyType(item) for item in items)

    def one_or_more(self, key: str, allowed: Sequence[str]) -> tuple[Mapping[str, Any], ...]:
        """A list of mappings; one mapping stands for a list of one."""
        value = self._at(key)
        if not isinstance(value, dict):
            return self.mappings(key, allowed)
        check_keys(self.document, (key,), allowed)
        return (MappingProxyType(value),)

    def named_mappings(self, key: str, allowed: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        found = self._mapping(key)
        for name in found:
            check_keys(self.document, (key, name), allowed)
        return MappingProxyType({name: MappingProxyType(value) for name, value in found.items()})

    def tz(self) -> str | None:
        name = self.text("tz")
        if name is not None:
            try:
                time_zone(name)
            except UsageError as error:
                raise self.document.error(error.message, "tz", hint=error.hint) from error
        return name

    def currency(self) -> str | None:
        code = self.text("currency")
        if code is not None:
            self._currency(code, "currency")
        return code

    def _currency(self, code: str, *path: Key) -> None:
        if not re.fullmatch("[A-Z]{3}", code):
            raise self.document.error(f"{code!r} is not a currency code", *path, hint="use one such as USD or EUR")

    def fx(self) -> Mapping[str, Rates]:
        found: dict[str, Rates] = {}
        for code in self._mapping("fx"):
            self._currency(code, "fx", code)
            table = self._mapping("fx", code)
            try:
                found[code] = rates_of(table)
            except ValueError as error:
                raise self.document.error(str(error), "fx", code) from error
        return MappingProxyType(found)

    def bills(self) -> frozenset[str]:
        meanings = {reporter: self.text("reported_cost", reporter) for reporter in self._mapping("reported_cost")}
        for reporter, meaning in meanings.items():
            if meaning not in {"claim", "bill"}:
                raise self.document.error(
                    f"reported cost cannot be {meaning!r}",
                    "reported_cost",
                    reporter,
                    hint="write claim (what the gateway thinks) or bill (what you are charged)",
                )
        return frozenset(reporter for reporter, meaning in meanings.items() if meaning == "bill")

    def ingest(self) -> tuple[Path | Pull, ...]:
        found: list[Path | Pull] = []
        for place, item in enumerate(self._items("ingest")):
            if isinstance(item, dict):
                check_keys(self.document, ("ingest", place), ("from", "url"))
                gateway = self.text("ingest", place, "from")
                if gateway is None:
                    raise self.document.error("no gateway", "ingest", place, hint="add `from:` with its name")
                found.append(Pull(gateway=gateway, url=self.text("ingest", place, "url")))
            else:
                found.append(self.folder / (self.text("ingest", place) or ""))
        return tuple(found)

    def attribution(self) -> Mapping[str, tuple[str, ...]]:
        """The default rules with those columns replaced that the file names."""
        value = self._at("attribution")
        if value is None:
            return DEFAULT_ATTRIBUTION
        check_keys(self.document, ("attribution",), tuple(DEFAULT_ATTRIBUTION))
        named = {
            column: tuple(key.removeprefix("tags.") for key in self.texts("attribution", column)) for column in value
        }
        return MappingProxyType({**DEFAULT_ATTRIBUTION, **named})

    def gate(self) -> Gate:
        if self._at("gate") is None:
            return Gate()
        check_keys(self.document, ("gate",), _GATE_KEYS)
        return Gate(
            period=self._period("gate", "period") or "30d",
            unpriced=self._share("gate", "unpriced"),
            estimated=self._share("gate", "estimated"),
            unattributed=self._unattributed(),
            rejected=self._share("gate", "rejected"),
            stale=self._duration("gate", "stale"),
            cost=self._amount("gate", "cost"),
            increase=self._share("gate", "increase", most=None),
            increase_amount=self._amount("gate", "increase_amount"),
            crossed=self._flag("gate", "crossed"),
        )

    def _unattributed(self) -> Mapping[str, Decimal]:
        """One share for every owner, or a share by dimension."""
        value = self._at("gate", "unattributed")
        if not isinstance(value, dict):
            share = self._share("gate", "unattributed")
            return MappingProxyType({} if share is None else {"": share})
        shares = {key: self._share("gate", "unattributed", key) for key in value}
        return MappingProxyType({key: share for key, share in shares.items() if share is not None})

    def _period(self, *path: Key) -> str | None:
        text = self.text(*path)
        if text is not None:
            try:
                parse_period(text, datetime(2026, 1, 1, tzinfo=UTC), UTC)
            except UsageError as error:
                raise self.document.error(error.message, *path, hint=error.hint) from error
        return text

    def _flag(self, *path: Key) -> bool:
        value = self._at(*path)
        if value is None or isinstance(value, bool):
            return bool(value)
        raise self.document.error("expected true or false", *path)

    def _amount(self, *path: Key) -> Decimal | None:
        if self._at(*path) is None:
            return None
        written = self.document.written(*path) or ""
        if not _AMOUNT.fullmatch(written):
            raise self.document.error(f"{written!r} is not an amount", *path, hint='write a number such as "500"')
        return Decimal(written)

    def _share(self, *path: Key, most: int | None = 100) -> Decimal | None:
        value = self._at(*path)
        if value is None:
            return None
        found = _PERCENT.fullmatch(value) if isinstance(value, str) else None
        if found is None or (most is not None and Decimal(found["number"]) > most):
            raise self.document.error("expected a percentage", *path, hint="write it as 1% or 0.1%")
        return Decimal(found["number"]) / 100

    def _duration(self, *path: Key) -> timedelta | None:
        value = self._at(*path)
        if value is None:
            return None
        found = _DURATION.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            raise self.document.error("expected a length of time", *path, hint="write it as 30m, 48h, 2d or 1w")
        return timedelta(**{_UNITS[found["unit"]]: int(found["number"])})

    def _mapping(self, *path: Key) -> Mapping[str, Any]:
        value = self._at(*path)
        if value is None:
            return {}
        if isinstance(value, dict):
            return value
        raise self.document.error("expected a mapping", *path)

    def _items(self, *path: Key) -> list[Any]:
        value = self._at(*path)
        if value is None:
            return []
        if isinstance(value, list):
            return value
        raise self.document.error("expected a list", *path)

    def _at(self, *path: Key) -> Any:
        """The value at a path; None when it is absent."""
        try:
            return self.document.at(*path)
        except (KeyError, IndexError):
            return None
