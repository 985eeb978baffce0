"""Values of a price file on their way to records: what is no text, number or time is a mistake with its place."""

from __future__ import annotations

import contextlib
import difflib
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from llmcost.config.yaml import Document, Key
from llmcost.domain.providers import normalise_provider
from llmcost.pricing.findings import PriceFileError, PriceFinding

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

Path_ = tuple[Key, ...]

HIGHEST = Decimal(100_000)
"""No published price is near this; a higher one is a unit mistaken."""
PLACES = 12
"""Decimals the ledger keeps for one unit's price."""
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")


class Values:
    """Reads values by path. The first mistake is raised, or, where `found` is a list, kept in it and reading goes on."""

    def __init__(self, document: Document, found: list[PriceFinding] | None = None) -> None:
        self.document = document
        self.found = found

    def error(self, message: str, *path: Key, code: str = "bad-value", hint: str | None = None) -> PriceFileError:
        """Build the error for the value at a path."""
        line, column = self.document.position(*path)
        return PriceFileError(
            PriceFinding(
                code=code,
                severity="error",
                path=self.document.name,
                line=line,
                column=column,
                message=message,
                hint=hint,
            )
        )

    @contextlib.contextmanager
    def part(self) -> Iterator[None]:
        """What a mistake inside leaves out: this part, and not what stands around it."""
        try:
            yield
        except PriceFileError as error:
            if self.found is None:
                raise
            self.found.append(error.finding)

    def keys(self, path: Path_, allowed: Collection[str]) -> None:
        """Find the keys that mean nothing here."""
        for key in self.mapping(path):
            if key not in allowed:
                near = difflib.get_close_matches(key, list(allowed), n=1, cutoff=0.5)
                with self.part():
                    raise self.error(
                        f"unknown key {key!r}" + (f"; did you mean {near[0]!r}?" if near else ""),
                        *path,
                        key,
                        code="unknown-key",
                        hint=f"known keys: {', '.join(sorted(allowed))}",
                    )

    def has(self, path: Path_, key: str) -> bool:
        """Whether the mapping at a path has a key."""
        return key in self.mapping(path)

    def at(self, path: Path_) -> Any:
        """Whatever stands at a path."""
        try:
            return self.document.at(*path)
        except (KeyError, IndexError, TypeError):
            raise self.error(f"{path[-1]!r} is missing", *path, code="missing-key") from None

    def text(self, path: Path_) -> str:
        """Text that is not empty."""
        value = self.at(path)
        if not isinstance(value, str) or not value.strip():
            raise self.error(f"{path[-1]!r} must be text", *path, hint="put quotes around it")
        return value

    def label(self, path: Path_) -> str:
        """A name that can be told from others in a price id."""
        value = self.text(path)
        if "," in value or "#" in value:
            raise self.error(
                f"{path[-1]} {value!r} has a ',' or a '#'",
                *path,
                hint="these part the names in a price id; leave them out",
            )
        return value

    def mapping(self, path: Path_) -> dict[str, Any]:
        """Keys and values."""
        value = self.at(path)
        if not isinstance(value, dict):
            raise self.error("expected a mapping", *path)
        return value

    def items(self, *path: Key) -> list[Path_]:
        """Paths of a list's items; none where there is no list."""
        if path[-1] not in self.mapping(path[:-1]):
            return []
        value = self.at(path)
        if not isinstance(value, list):
            raise self.error(f"{path[-1]!r} must be a list", *path)
        return [(*path, index) for index in range(len(value))]

    def flag(self, path: Path_) -> bool:
        """True or false."""
        value = self.at(path)
        if not isinstance(value, bool):
            raise self.error(f"{path[-1]!r} must be true or false", *path)
        return value

    def number(self, path: Path_, *, places: int, highest: Decimal = HIGHEST) -> Decimal:
        """A number from 0 to `highest` with so many decimals at most."""
        value = self.at(path)
        if isinstance(value, str) and _NUMBER.fullmatch(value):
            value = Decimal(value)
        if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
            raise self.error(f"{path[-1]!r} must be a number", *path)
        number = Decimal(value).normalize()
        exponent = number.as_tuple().exponent
        if number < 0 or number > highest:
            raise self.error(
                f"{path[-1]} {number:f} is outside 0 to {highest:f}", *path, hint="check the unit of the price"
            )
        if isinstance(exponent, int) and -exponent > places:
            binary = len(number.as_tuple().digits) >= 15
            raise self.error(
                f"{path[-1]} {number:f} has more than {places} decimals",
                *path,
                code="float-like-number" if binary else "bad-value",
                hint="a program's binary float; write the published number" if binary else None,
            )
        return number

    def time(self, path: Path_) -> datetime:
        """An ISO date, which begins at 00:00 UTC, or a time with its zone."""
        value = self.text(path)
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise self.error(f"{path[-1]} {value!r} is not an ISO date or time", *path) from None
        if moment.tzinfo is None:
            if len(value) > len("2026-01-01"):
                raise self.error(f"{path[-1]} {value!r} has no time zone", *path, hint="end it with Z for UTC")
            return moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)

    def span(self, path: Path_) -> tuple[datetime | None, datetime | None]:
        """`from` (inclusive) and `until` (exclusive); None is open."""
        value = self.mapping(path)
        since = self.time((*path, "from")) if "from" in value else None
        until = self.time((*path, "until")) if "until" in value else None
        if since is not None and until is not None and since >= until:
            raise self.error("'until' must be later than 'from'", *path, "until")
        return since, until

    def provider(self, path: Path_) -> str:
        """A provider in its own spelling."""
        value = self.text(path)
        known = normalise_provider(value)
        if known is not None and known != value:
            raise self.error(f"write provider {value!r} as {known!r}", *path)
        return value

    def place(self, *path: Key) -> str:
        """Where a value stands, for messages."""
        return self.document.place(*path)
