"""Values of a configuration file by kind; every complaint names the place."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

from llmcost.config.yaml import Document, Key, check_keys
from llmcost.domain.errors import UsageError
from llmcost.domain.period import parse_period

_PERCENT = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*%")
_AMOUNT = re.compile(r"\d{1,24}(?:\.\d{1,12})?")
_DURATION = re.compile(r"(?P<number>\d{1,6})\s*(?P<unit>[mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Reader:
    """Reads values one by one. What is not written is None or empty; ConfigError for what cannot be meant."""

    def __init__(self, document: Document, folder: Path) -> None:
        self.document = document
        self.folder = folder

    def text(self, *path: Key) -> str | None:
        """Text that is not blank."""
        value = self.at(*path)
        if value is None or (isinstance(value, str) and value.strip()):
            return value
        raise self.document.error("expected text", *path)

    def texts(self, *path: Key) -> tuple[str, ...]:
        """A list of texts; one text stands for a list of one."""
        value = self.at(*path)
        if isinstance(value, str):
            return (self.text(*path) or "",)
        return tuple(self.text(*path, place) or "" for place in range(len(self.items(*path))))

    def path(self, *path: Key) -> Path | None:
        """A path, relative to the file."""
        text = self.text(*path)
        return None if text is None else self.folder / text

    def paths(self, *path: Key) -> tuple[Path, ...]:
        """Paths, relative to the file."""
        return tuple(self.folder / text for text in self.texts(*path))

    def mappings(self, key: str, allowed: Sequence[str]) -> tuple[Mapping[str, Any], ...]:
        """A list of mappings with these keys."""
        items = self.items(key)
        for place in range(len(items)):
            check_keys(self.document, (key, place), allowed)
        return tuple(MappingProxyType(item) for item in items)

    def one_or_more(self, key: str, allowed: Sequence[str]) -> tuple[Mapping[str, Any], ...]:
        """A list of mappings; one mapping stands for a list of one."""
        value = self.at(key)
        if not isinstance(value, dict):
            return self.mappings(key, allowed)
        check_keys(self.document, (key,), allowed)
        return (MappingProxyType(value),)

    def named_mappings(self, key: str, allowed: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        """Mappings with these keys, by name."""
        found = self.mapping(key)
        for name in found:
            check_keys(self.document, (key, name), allowed)
        return MappingProxyType({name: MappingProxyType(value) for name, value in found.items()})

    def period(self, *path: Key) -> str | None:
        """A period as `--period` takes it."""
        text = self.text(*path)
        if text is not None:
            try:
                parse_period(text, datetime(2026, 1, 1, tzinfo=UTC), UTC)
            except UsageError as error:
                raise self.document.error(error.message, *path, hint=error.hint) from error
        return text

    def flag(self, *path: Key) -> bool:
        """True or false; false where nothing is written."""
        value = self.at(*path)
        if value is None or isinstance(value, bool):
            return bool(value)
        raise self.document.error("expected true or false", *path)

    def amount(self, *path: Key) -> Decimal | None:
        """A decimal amount, exactly as written."""
        if self.at(*path) is None:
            return None
        written = self.document.written(*path) or ""
        if not _AMOUNT.fullmatch(written):
            raise self.document.error(f"{written!r} is not an amount", *path, hint='write a number such as "500"')
        return Decimal(written)

    def share(self, *path: Key, most: int | None = 100) -> Decimal | None:
        """A percentage, as a share of 1; `most` percent at most."""
        value = self.at(*path)
        if value is None:
            return None
        found = _PERCENT.fullmatch(value) if isinstance(value, str) else None
        if found is None or (most is not None and Decimal(found["number"]) > most):
            raise self.document.error("expected a percentage", *path, hint="write it as 1% or 0.1%")
        return Decimal(found["number"]) / 100

    def duration(self, *path: Key) -> timedelta | None:
        """A length of time such as 48h, more than none."""
        value = self.at(*path)
        if value is None:
            return None
        found = _DURATION.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            raise self.document.error("expected a length of time", *path, hint="write it as 30m, 48h, 2d or 1w")
        if not int(found["number"]):
            raise self.document.error(
                "expected a length of time above 0", *path, hint="nothing is ever as young as that"
            )
        return timedelta(**{_UNITS[found["unit"]]: int(found["number"])})

    def mapping(self, *path: Key) -> Mapping[str, Any]:
        """A mapping; an empty one where nothing is written."""
        value = self.at(*path)
        if value is None:
            return {}
        if isinstance(value, dict):
            return value
        raise self.document.error("expected a mapping", *path)

    def items(self, *path: Key) -> list[Any]:
        """A list; an empty one where nothing is written."""
        value = self.at(*path)
        if value is None:
            return []
        if isinstance(value, list):
            return value
        raise self.document.error("expected a list", *path)

    def at(self, *path: Key) -> Any:
        """The value at a path; None when it is absent."""
        try:
            return self.document.at(*path)
        except (KeyError, IndexError):
            return None
