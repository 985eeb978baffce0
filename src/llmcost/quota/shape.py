"""What keys a config may hold: one declaration that checks a file and is its JSON Schema."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from llmcost.domain.grouping import ungrouped
from llmcost.quota.problem import Change, Problem, quoted, replaced

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llmcost.config.nodes import Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A scalar taken as text."""

    one_of: tuple[str, ...] = ()
    strict: bool = False
    """Whether a number or a date there is no text."""
    lenient: bool = False
    """Whether a mapping there is reported elsewhere."""
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number; `whole` for a count."""

    whole: bool = False
    quoted: bool = False
    """Whether the tool reads it from text as well."""
    variable: str = ""
    """How a text begins that names the variable which holds the number."""
    positive: bool = False
    """Whether it is a length of time: above zero, and at most `most`."""
    most: int | None = None
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """true or false."""

    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOf:
    """A list; `single` where one value may stand for a list of one."""

    item: Shape
    single: bool = False
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapOf:
    """A mapping with any keys."""

    value: Shape
    compared: bool = False
    """Whether requests are compared with its values, so that each must say something."""
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A mapping with known keys; `open` where others are none of our business."""

    fields: Mapping[str, Shape]
    required: tuple[str, ...] = ()
    open: bool = False
    nothing_means: str = ""
    """What an empty mapping there would mean, where leaving the value out is suspicious."""
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anything:
    """Whatever stands there is checked elsewhere, or not at all."""

    about: str = ""


_PLAIN = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?(?:(?:0|[1-9][0-9]*)?\.[0-9]*(?:e[-+][0-9]+)?|\.inf|\.nan)", re.IGNORECASE)
_SURE = 0.9
"""How alike a value must be to be the one meant: a month is no slip of a minute."""
_MOST_DIGITS = 30
"""Digits up to which a number can be one that is meant."""
_OCTAL = re.compile(r"0o[0-7]+")

Shape = Text | Number | Flag | ListOf | MapOf | Record | Anything


def mismatches(node: Node, shape: Shape, what: str, rule_id: str | None = None) -> Iterator[Problem]:
    """Where a node is not of a shape; `what` names it in messages."""
    match shape:
        case Record():
            yield from _record(node, shape, what, rule_id)
        case MapOf():
            if node.kind != "mapping":
                yield _wrong(node, what, "a mapping", rule_id)
                return
            for name, (key, value) in node.entries.items():
                inner = f"`{what.strip('`')}.{name}`"
                if not value.is_null:
                    yield from mismatches(value, shape.value, inner, rule_id)
                elif shape.compared:
                    yield Problem(
                        code="QY105",
                        at=key,
                        message=f"{inner} says nothing, and no gateway says what it compares then",
                        help="quote the text that is meant, or leave the key out",
                        rule_id=rule_id,
                    )
        case ListOf():
            if node.kind == "sequence":
                for item in node.items:
                    yield from mismatches(item, shape.item, what, _id(item) or rule_id)
            elif shape.single and not node.is_null:
                yield from mismatches(node, shape.item, what, rule_id)
            else:
                yield _wrong(node, what, "a list", rule_id)
        case Text():
            if node.kind != "scalar":
                if not shape.lenient:
                    yield _wrong(node, what, "text", rule_id)
            elif node.tag == "bool" or (shape.strict and node.tag in {"int", "float", "timestamp"}):
                yield _no_text(node, what, rule_id)
            elif shape.one_of and node.text not in shape.one_of:
                yield _unknown_value(node, shape, what, rule_id)
        case Number():
            if node.kind != "scalar":
                yield _wrong(node, what, "a number", rule_id)
            else:
                yield from _number(node, shape, what, rule_id)
        case Flag():
            if node.kind != "scalar" or node.tag != "bool":
                yield _wrong(node, what, "true or false", rule_id)
        case Anything():
            pass


def json_schema(shape: Shape) -> dict[str, Any]:
    """The shape as JSON Schema, for editors."""
    about = {"description": shape.about} if shape.about else {}
    match shape:
        case Record():
            properties = {name: json_schema(one) for name, one in shape.fields.items()}
            return {
                "type": "object",
                **about,
                "properties": properties,
                **({"required": list(shape.required)} if shape.required else {}),
                **({} if shape.open else {"additionalProperties": False}),
            }
        case MapOf():
            return {"type": "object", **about, "additionalProperties": json_schema(shape.value)}
        case ListOf():
            items = json_schema(shape.item)
            listed = {"type": "array", **about, "items": items}
            return {"anyOf": [listed, items]} if shape.single else listed
        case Text():
            return {"type": "string", **about, **({"enum": list(shape.one_of)} if shape.one_of else {})}
        case Number():
            name = "integer" if shape.whole else "number"
            bounds = {
                **({"exclusiveMinimum": 0} if shape.positive else {}),
                **({} if shape.most is None else {"maximum": shape.most}),
            }
            return {"type": [name, "string"] if shape.quoted else name, **about, **bounds}
        case Flag():
            return {"type": "boolean", **about}
        case Anything():
            return about


def _record(node: Node, shape: Record, what: str, rule_id: str | None) -> Iterator[Problem]:
    if node.kind != "mapping":
        yield _wrong(node, what, "a mapping", rule_id)
        return
    entries = node.entries
    rule_id = rule_id or _id(node)
    for name in shape.required:
        if name not in entries:
            yield Problem(
                code="QS202", at=_head(node), message=f"{what} has no `{name}`", help=f"add `{name}:`", rule_id=rule_id
            )
        elif entries[name][1].is_null and not isinstance(shape.fields[name], Record):
            yield Problem(
                code="QS202", at=entries[name][0], message=f"`{name}` of {what} says nothing", rule_id=rule_id
            )
    written = {id(key) for key, _ in node.own}
    for key, value in (*node.own, *(pair for pair in entries.values() if id(pair[0]) not in written)):
        name = key.text
        field_shape = shape.fields.get(name) if key.kind == "scalar" else None
        if field_shape is None:
            if not shape.open and name != "<<":
                yield _unknown_key(key, [one for one in shape.fields if one not in entries], what, rule_id)
        elif not value.is_null:
            yield from mismatches(value, field_shape, f"`{name}`", rule_id)
        elif isinstance(field_shape, Record) and field_shape.nothing_means:
            yield _nothing(key, value, field_shape, rule_id)


def _nothing(key: Node, value: Node, shape: Record, rule_id: str | None) -> Problem:
    """A key without a value, where `{}` is something that can be meant."""
    edit = (value.start, value.end, "{}") if value.text else (key.end + 1, key.end + 1, " {}")
    return Problem(
        code="QY105",
        at=key,
        message=f"`{key.text}` says nothing; is it `{{}}`, {shape.nothing_means}?",
        help=f"write `{key.text}: {{}}`",
        rule_id=rule_id,
        change=Change(title=f"write `{key.text}: {{}}`", safe=True, edits=(edit,)),
    )


def _unknown_key(key: Node, free: list[str], what: str, rule_id: str | None) -> Problem:
    near = next(iter(difflib.get_close_matches(key.text, free, n=1, cutoff=0.6)), None)
    return Problem(
        code="QS203",
        at=key,
        message=f"{what} has an unknown key `{key.text}`, which gateways ignore without a word",
        help=f"did you mean `{near}`?" if near else (f"not set yet: {', '.join(free)}" if free else None),
        rule_id=rule_id,
        change=replaced(key, near, f"rename to `{near}`", safe=False) if near else None,
    )


def _unknown_value(node: Node, shape: Text, what: str, rule_id: str | None) -> Problem:
    near = next(iter(difflib.get_close_matches(node.text, shape.one_of, n=1, cutoff=_SURE)), None)
    return Problem(
        code="QS205",
        at=node,
        message=f"{what} is `{node.text}`, which is none of its values",
        help=f"did you mean `{near}`?" if near else f"one of {', '.join(shape.one_of)}",
        rule_id=rule_id,
        change=replaced(node, near, f"write {near}", safe=False) if near else None,
    )


def _no_text(node: Node, what: str, rule_id: str | None) -> Problem:
    """A plain scalar that is no text, where text is meant."""
    change = replaced(node, quoted(node), "quote it", safe=True)
    if node.tag == "bool":
        truth = "true" if node.value else "false"
        what = f"{what} is `{node.text}`, a boolean" + ("" if node.text.lower() == truth else f" ({truth}) in YAML 1.1")
        return Problem(
            code="QY102",
            at=node,
            message=f"{what}, where text is meant",
            help="quote it",
            rule_id=rule_id,
            change=change,
        )
    value = node.value
    became = "" if str(value) == node.text else f" ({value})"
    kind = "date" if node.tag == "timestamp" else "number"
    return Problem(
        code="QY104",
        at=node,
        message=f"{what} is the {kind} {node.text}{became}, where text is compared",
        help="quote it",
        rule_id=rule_id,
        change=change,
    )


def _odd(node: Node, what: str, rule_id: str | None) -> Problem | None:
    """A number that parsers read differently."""
    text = node.text
    if (
        node.style
        or (node.tag == "int" and _PLAIN.fullmatch(text))
        or (node.tag == "float" and _DECIMAL.fullmatch(text))
    ):
        return None
    value = node.value
    if len(text) > _MOST_DIGITS:
        return None
    if node.tag in {"int", "float"}:
        reads = f"reads as {value:,} in YAML 1.1"
        other = "" if "_" not in text else ", and as text in YAML 1.2"
    elif _exponent(text) or _OCTAL.fullmatch(text):
        value = Decimal(text) if _exponent(text) else int(text, 0)
        if isinstance(value, Decimal) and abs(value.adjusted()) > _MOST_DIGITS:
            return None
        reads, other = "is text in YAML 1.1", f", and {value:,f} in YAML 1.2"
    else:
        return None
    plain = f"{value:f}" if isinstance(value, Decimal) else str(value)
    if text.replace("_", "").isdigit() and not text.startswith("0"):
        plain = text.replace("_", "")
    return Problem(
        code="QY103",
        at=node,
        message=f"{what} is `{text}`, which {reads}{other}",
        help=f"write the number you mean in plain digits, such as {text.lstrip('0') if text.isdigit() else plain}",
        rule_id=rule_id,
        change=replaced(node, plain, f"write {plain}, as YAML 1.1 reads it", safe=False),
    )


def _number(node: Node, shape: Number, what: str, rule_id: str | None) -> Iterator[Problem]:
    kind = "a whole number" if shape.whole else "a number"
    odd = _odd(node, what, rule_id)
    if odd is not None:
        yield odd
        return
    if node.tag in {"int", "float"} and not node.style:
        value = node.value
        if shape.whole and node.tag == "float" and value.is_finite():
            whole = value == value.to_integral_value()
            text = str(int(value))
            yield Problem(
                code="QS206",
                at=node,
                message=f"{what} is {node.text}, not {kind}",
                help=f"write {text}",
                rule_id=rule_id,
                change=replaced(node, text, f"write {text}", safe=whole),
            )
        elif (beyond := _beyond(value, shape)) is not None:
            yield Problem(code="QS205", at=node, message=f"{what} is {node.text}, {beyond}", rule_id=rule_id)
        return
    plain = ungrouped(node.text).strip()
    digits = plain.isascii() and plain.replace(".", "", 1).isdigit()
    if shape.quoted and digits and plain == node.text:
        return
    if shape.variable and node.text.startswith(shape.variable):
        return
    if not digits or (shape.whole and "." in plain):
        yield Problem(code="QS206", at=node, message=f"{what} is `{node.text}`, not {kind}", rule_id=rule_id)
        return
    yield Problem(
        code="QS206",
        at=node,
        message=f"{what} is the text {node.text!r}, not {kind}",
        help=f"write {plain}",
        rule_id=rule_id,
        change=replaced(node, plain, f"write {plain}", safe="," not in node.text),
    )


def _beyond(value: int | Decimal, shape: Number) -> str | None:
    """Why a number is none of those a key may have."""
    if not shape.positive:
        return None
    if isinstance(value, Decimal) and not value.is_finite():
        return "no length of time"
    if value <= 0:
        return "not above zero"
    return f"more than {shape.most:,}" if shape.most is not None and value > shape.most else None


def _exponent(text: str) -> bool:
    head, found, tail = text.lower().partition("e")
    return bool(found) and head.replace(".", "", 1).isdigit() and tail.lstrip("+-").isdigit()


def _wrong(node: Node, what: str, wanted: str, rule_id: str | None) -> Problem:
    return Problem(code="QS206", at=_head(node), message=f"{what} must be {wanted}", rule_id=rule_id)


def _head(node: Node) -> Node:
    """What to point at for a whole mapping: its first key."""
    return node.own[0][0] if node.kind == "mapping" and node.own else node


def _id(node: Node) -> str | None:
    """The id of a rule, for messages about something inside it."""
    found = (node.get("id") or node.get("name")) if node.kind == "mapping" else None
    return found.text if found is not None and found.kind == "scalar" and not found.is_null else None
