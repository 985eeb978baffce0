"""Values of a plans file: amounts, quantities, shares and words, each with its place when it is wrong."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, TypeVar, overload

from llmcost.domain.text import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmcost.config.yaml import Document, Key

Word = TypeVar("Word", bound=str)
_MISSING: Any = object()
_PLACES = 12
"""Decimals of a price; Stripe's `unit_amount_decimal` has as many: https://docs.stripe.com/api/prices/object"""
_DIGITS = 18
"""Digits before the point."""


def value_at(document: Document, path: Sequence[Key], default: Any = _MISSING) -> Any:
    """The value at a path, or the default where there is none."""
    try:
        return document.at(*path)
    except (KeyError, IndexError, TypeError, AttributeError):
        if default is _MISSING:
            raise document.error(f"{path[-1]!r} is missing", *path[:-1]) from None
        return default


@overload
def amount(document: Document, path: Sequence[Key]) -> Decimal: ...
@overload
def amount(document: Document, path: Sequence[Key], default: Decimal) -> Decimal: ...
@overload
def amount(document: Document, path: Sequence[Key], default: None) -> Decimal | None: ...
def amount(document: Document, path: Sequence[Key], default: Any = _MISSING) -> Any:
    """A number from 0 up, exact: text or a plain number."""
    value = value_at(document, path, default)
    if value is None:
        if default is _MISSING:
            raise document.error(f"{path[-1]!r} has no amount", *path)
        return default
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise document.error(f"cannot read {value!r} as an amount", *path, hint='write it as text, such as "99.00"')
    return _number(document, path, value)


def _number(document: Document, path: Sequence[Key], value: str | int | Decimal) -> Decimal:
    try:
        number = Decimal(value.strip() if isinstance(value, str) else value)
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite():
        raise document.error(f"cannot read {value!r} as an amount", *path, hint='write it as text, such as "99.00"')
    if number < 0:
        raise document.error(f"{number:f} is below zero", *path)
    exponent = number.normalize().as_tuple().exponent
    if isinstance(exponent, int) and (-exponent > _PLACES or number.adjusted() >= _DIGITS):
        raise document.error(
            f"{number} has too many digits", *path, hint=f"{_DIGITS} before the point and {_PLACES} after it at most"
        )
    return Decimal(f"{number:f}")


def quantities(document: Document, path: Sequence[Key]) -> dict[str, Decimal]:
    """Quantities by meter."""
    return {name: amount(document, (*path, name)) for name in mapping(document, path)}


def share(document: Document, path: Sequence[Key], *, most: Decimal | None = None) -> Decimal:
    """A percentage as a share: `"20%"` and `"20"` are 0.2."""
    value = value_at(document, path)
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise document.error(f"cannot read {value!r} as a percentage", *path, hint='write "20%"')
    found = _number(document, path, value.strip().removesuffix("%") if isinstance(value, str) else value) / 100
    if most is not None and found > most:
        raise document.error(f"{value} is more than {most:%}", *path)
    return found


def integer(document: Document, path: Sequence[Key], default: int) -> int:
    """A whole number from 0 up."""
    value = value_at(document, path, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise document.error(f"{value!r} is not a whole number", *path)
    return value


def choice(document: Document, path: Sequence[Key], words: Sequence[Word], default: Word) -> Word:
    """One of a few words."""
    value = value_at(document, path, default)
    for word in words:
        if value == word:
            return word
    near = nearest(str(value), words)
    raise document.error(f"unknown {path[-1]} {value!r}", *path, hint=near or f"use {', '.join(words)}")


def text(document: Document, path: Sequence[Key], default: Any = _MISSING) -> str:
    """Text that says something; a whole number is taken for its digits."""
    value = value_at(document, path, default)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value.strip():
        raise document.error(f"{path[-1]!r} is not text", *path)
    return value


def items(document: Document, path: Sequence[Key], what: str, hint: str | None = None) -> list[tuple[Key, ...]]:
    """The place of each item of a list of `what`; nothing is an empty one."""
    value = value_at(document, path, None)
    if value is not None and not isinstance(value, list):
        raise document.error(f"expected a list of {what}", *path, hint=hint)
    return [(*path, index) for index in range(len(value or ()))]


def mapping(document: Document, path: Sequence[Key]) -> dict[str, Any]:
    """A mapping, or nothing."""
    value = value_at(document, path, None)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise document.error(f"{path[-1]!r} is not a mapping", *path)
    return value


def in_bounds(document: Document, path: Sequence[Key], least: Decimal | None, most: Decimal | None) -> None:
    """ConfigError at the path of the minimum where it is above the maximum."""
    if least is not None and most is not None and least > most:
        raise document.error("the minimum is above the maximum", *path)
