"""A mapping file: which columns of an invoice of any shape hold what.

    columns: {date: Day, model: Product, token_class: Kind, amount: Charge, quantity: Units, currency: Currency}
    date_format: "%d.%m.%Y"        # ISO 8601 unless said; codes of strptime
    amount_unit: cents             # or units, the default
    decimal_comma: true            # 1.234,56
    provider: openai
    currency: EUR                  # where no column says
    token_classes: {Eingabe: input, Ausgabe: output}

Only `date` and `amount` are needed.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import cast

from llmcost.config.yaml import Document, check_keys, read_document
from llmcost.domain.bill_words import TOKEN_CLASSES, TokenClass, after, amount_of, class_of, day_of, end_of
from llmcost.domain.errors import DataError
from llmcost.domain.providers import normalise_provider
from llmcost.reconcile.bill import Bill, Cells
from llmcost.reconcile.invoice import InvoiceLine, Unused, digest

_COLUMNS = ("date", "until", "provider", "model", "token_class", "amount", "quantity", "currency", "description")
_AMOUNTS = ("amount", "quantity")
_KEYS = ("columns", "date_format", "amount_unit", "decimal_comma", "provider", "currency", "token_classes")
_UNITS = {"units": 0, "cents": -2}
_GROUPED = re.compile(r"[-+]?\$?[1-9]\d{0,2}(?:\.\d{3})+(?:,\d*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceMap:
    """A mapping file that was read."""

    document: Document
    columns: Mapping[str, str]
    date_format: str | None
    shift: int
    """Power of ten from the unit of the amounts to the currency's."""
    decimal_comma: bool
    provider: str | None
    currency: str
    token_classes: Mapping[str, TokenClass]

    def lines(self, bill: Bill) -> Iterator[InvoiceLine | Unused]:
        """The lines of a CSV invoice; ConfigError where it lacks a column."""
        if not bill.columns:
            raise DataError(f"{bill.path}: a mapping reads CSV, and this is JSON", hint="leave --map out")
        for field, column in self.columns.items():
            if column not in bill.columns:
                raise self.document.error(
                    f"{bill.path} has no column {column!r}",
                    "columns",
                    field,
                    hint=f"its columns are {', '.join(bill.columns)}",
                )
        for row in bill.rows():
            yield self._line(row)

    def _line(self, row: Cells) -> InvoiceLine | Unused:
        def cell(field: str) -> str:
            return row[self.columns[field]] if field in self.columns else ""

        try:
            amount = self._number(cell("amount")).scaleb(self.shift)
        except ValueError as error:
            return Unused(place=row.place, reason=str(error), amount=None)
        try:
            since = self._day(cell("date"))
            provider = cell("provider") or self.provider
            kind = cell("token_class")
            return InvoiceLine(
                since=since,
                until=after(self._day(cell("until")), since)
                if cell("until") and self.date_format
                else end_of(cell("until"), since),
                provider=normalise_provider(provider) or provider,
                model=cell("model") or None,
                token_class=self.token_classes[kind] if kind in self.token_classes else class_of(kind),
                quantity=self._number(cell("quantity")) if cell("quantity") else None,
                amount=amount,
                currency=(cell("currency") or self.currency).upper(),
                description=cell("description") or kind,
                place=row.place,
                record=digest(row.values, [self.columns[name] for name in _AMOUNTS if name in self.columns]),
            )
        except ValueError as error:
            return Unused(place=row.place, reason=str(error), amount=amount)

    def _number(self, text: str) -> Decimal:
        if not self.decimal_comma:
            return amount_of(text)
        # A point that parts no thousands is a decimal one, whatever the file was said to have: 0.01 is not 1.
        if "." in text and not _GROUPED.fullmatch(text.strip()):
            raise ValueError(f"{text.strip()[:40]!r} is not an amount with a decimal comma")
        return amount_of(text.replace(".", "").replace(",", "."))

    def _day(self, text: str) -> date:
        if self.date_format is None:
            return day_of(text)
        try:
            return datetime.strptime(text, self.date_format).replace(tzinfo=UTC).date()
        except ValueError as error:
            raise ValueError(f"{text[:40]!r} is not a date like {self.date_format}") from error


def read_map(path: Path) -> InvoiceMap:
    """Read a mapping file; ConfigError with the line of what is wrong."""
    document = read_document(path)
    check_keys(document, (), _KEYS)
    if "columns" not in document.value:
        raise document.error("no columns", hint="say at least columns: {date: ..., amount: ...}")
    check_keys(document, ("columns",), _COLUMNS)
    columns: dict[str, object] = document.at("columns")
    for field, column in columns.items():
        if not isinstance(column, str) or not column:
            raise document.error(f"{field} must name a column", "columns", field)
    for field in ("date", "amount"):
        if field not in columns:
            raise document.error(f"no column for {field}", "columns", hint="date and amount are needed")
    return InvoiceMap(
        document=document,
        columns={field: str(column) for field, column in columns.items()},
        date_format=_text(document, "date_format"),
        shift=_UNITS[_word(document, "amount_unit", tuple(_UNITS)) or "units"],
        decimal_comma=_flag(document, "decimal_comma"),
        provider=_text(document, "provider"),
        currency=_text(document, "currency") or "USD",
        token_classes=_classes(document),
    )


def _text(document: Document, key: str) -> str | None:
    value = document.value.get(key)
    if value is not None and not isinstance(value, str):
        raise document.error(f"{key} must be text", key, hint="put quotes around it")
    return value


def _word(document: Document, key: str, words: tuple[str, ...]) -> str | None:
    value = _text(document, key)
    if value is not None and value not in words:
        raise document.error(f"{key} cannot be {value!r}", key, hint=f"use {' or '.join(words)}")
    return value


def _flag(document: Document, key: str) -> bool:
    value = document.value.get(key, False)
    if not isinstance(value, bool):
        raise document.error(f"{key} must be true or false", key)
    return value


def _classes(document: Document) -> dict[str, TokenClass]:
    if "token_classes" not in document.value:
        return {}
    found = document.at("token_classes")
    if not isinstance(found, dict):
        raise document.error("expected a mapping", "token_classes")
    for word, token_class in found.items():
        if token_class not in TOKEN_CLASSES:
            raise document.error(
                f"there is no token class {token_class!r}",
                "token_classes",
                word,
                hint=f"the token classes are {', '.join(TOKEN_CLASSES)}",
            )
    return cast("dict[str, TokenClass]", found)
