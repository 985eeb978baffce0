"""Why a call costs what it costs: as a table, JSON or Markdown."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any, Literal, get_args

from llmcost.domain.request import WHO
from llmcost.domain.text import plural
from llmcost.ingest.trace import Sighting, Trace
from llmcost.render.explain_json import document
from llmcost.render.json import dumped
from llmcost.render.numbers import plain
from llmcost.render.page import Fact, Heading, Page, Part, as_markdown, as_text
from llmcost.render.price_lines import lines_table, price_facts
from llmcost.render.prices import exact_moment
from llmcost.render.surface import Surface
from llmcost.reports.explain import Explained

Format = Literal["table", "json", "markdown"]
FORMATS: tuple[Format, ...] = get_args(Format)

_ORIGINS = {
    "billed": "as the provider counted it",
    "tokenizer": "counted locally from the text",
    "estimate": "estimated from the text",
    "unknown": "not in the log",
}
_SHOWN_LINES = 12


def explanation(found: Sequence[Explained], traces: Sequence[Trace], format_name: Format, surface: Surface) -> str:
    """Every row that goes by the id asked for, in one of FORMATS."""
    if format_name == "json":
        return f"{dumped(document(found, traces))}\n"
    page: Page = tuple(part for one, traced in zip(found, traces, strict=True) for part in _page(one, traced))
    if len(found) > 1:
        page += (Heading(text=f"{plural(len(found), 'row')} go by this id: {_total(found)}"),)
    return as_markdown(page) if format_name == "markdown" else as_text(page, surface)


def _page(one: Explained, traced: Trace) -> tuple[Part, ...]:
    row = one.row
    part = f", part {row['part']}" if row["part"] else ""
    name = row["request_id"] if row["request_id"] is not None else f"without an id ({row['row_key']})"
    parts: list[Part] = [Heading(text=f"Request {name}{part}")]
    parts += [Fact(label=label, text=text) for label, text in _header(one) if text]
    if one.lines and one.outcome != "billed":
        parts.append(lines_table(one.lines, one.currency))
    if one.list_lines:
        parts += [Heading(text="At list price, which is in no sum of cost:"), lines_table(one.list_lines, one.currency)]
    facts = (
        []
        if one.calculation is None or one.price is None
        else price_facts(one.calculation, one.price, one.context, one.started_at)
    )
    facts += _remarks(one)
    facts += [("Lines", text) for text in _places(traced)]
    return (*parts, *(Fact(label=label, text=text) for label, text in facts))


def _header(one: Explained) -> list[tuple[str, str]]:
    row = one.row
    who = ", ".join(f"{name} {row[name]}" for name in WHO if row[name] is not None)
    return [
        ("When", _when(row)),
        ("Who", who or "nobody named"),
        ("What", _what(row)),
        ("Usage", f"{_ORIGINS.get(row['usage_origin'], row['usage_origin'])}; source {row['source']}"),
        ("Cost", _cost(one)),
    ]


def _when(row: Mapping[str, Any]) -> str:
    text = f"{exact_moment(row['started_at'])} UTC"
    if row["time_origin"] != "log":
        text += " (assumed: the log states no time)"
    return text if row["latency_ms"] is None else f"{text}, took {row['latency_ms'] / 1000:,.2f} s"


def _what(row: Mapping[str, Any]) -> str:
    models = list(dict.fromkeys(name for name in (row["request_model"], row["response_model"]) if name))
    named = " answered by ".join(repr(name) for name in models) or "no model named"
    words = [row["provider"] or "no provider", named, row["operation"], row["status"]]
    words += [f"HTTP {row['http_status']}"] if row["http_status"] is not None else []
    words += [
        f"{key.replace('_', ' ')} {row[key]}"
        for key in ("processing", "service_tier", "speed", "inference_region", "unit_size")
        if row[key] is not None
    ]
    return ", ".join(words)


def _cost(one: Explained) -> str:
    row, reason = one.row, one.row["cost_reason"]
    why = "" if reason is None else f": {reason}"
    amount = "unknown" if row["cost"] is None else f"{plain(row['cost'])} {one.currency}"
    match one.outcome:
        case "billed":
            text = f"{amount}, the amount the provider itself returned"
            return text if one.stored is None else f"{text}; list value {plain(one.stored)}"
        case "included":
            value = "unknown" if one.stored is None else plain(one.stored)
            return f"{amount}, included in a subscription; list value {value}{why}"
        case "unpriced":
            near = f"; nearest in the price list: {', '.join(one.nearest)}" if one.nearest else ""
            return f"unpriced{why}{near}"
        case outcome:
            return f"{amount}, {outcome}{why}"


def _remarks(one: Explained) -> list[tuple[str, str]]:
    facts = []
    if one.recomputed is not None:
        facts.append(("Check", _check(one, one.recomputed)))
    if one.row["reported_cost"] is not None:
        facts.append(("Log said", _claim(one)))
    for conflict in one.conflicts:
        where = "a file no longer known" if conflict.path is None else _shown(conflict.path)
        tokens = f"{conflict.other_tokens or 0:,} tokens where {conflict.kept_tokens or 0:,} were kept"
        facts.append(("Conflict", f"{where} ({conflict.source}) has other usage for this id: {tokens}"))
    return facts


def _check(one: Explained, recomputed: Decimal) -> str:
    if one.agrees:
        return "worked out again from the price list kept in the ledger: the same"
    stored = one.stored or Decimal(0)
    return (
        f"the price lists kept in the ledger make it {plain(recomputed)}, the ledger has {plain(stored)}: "
        f"a difference of {plain(stored - recomputed)}"
    )


def _claim(one: Explained) -> str:
    row = one.row
    currency = row["reported_currency"] or "USD"
    text = f"{plain(row['reported_cost'])} {currency}, by {row['reported_by'] or 'the log itself'}"
    difference = one.claimed_beyond
    if difference is None:
        return text
    if not difference:
        return f"{text}: the same"
    share = ""
    if row["cost"]:
        percent = (difference / row["cost"] * 100).quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)
        share = f" ({percent:+,f}%)"
    return f"{text}: {plain(abs(difference))} {'more' if difference > 0 else 'less'} than the cost{share}"


def _places(traced: Trace) -> list[str]:
    places = [_place(one) for one in traced.sightings]
    if traced.unsearched:
        places.append(f"{plural(traced.unsearched, 'other file')} may hold it too and would take long to search")
    return places


def _place(one: Sighting) -> str:
    path = _shown(one.path)
    changed = " (the file has changed since it was read)" if one.changed else ""
    match one.state:
        case "found":
            numbers = ", ".join(f"{line:,}" for line in one.lines[:_SHOWN_LINES])
            more = f" and {len(one.lines) - _SHOWN_LINES:,} more" if len(one.lines) > _SHOWN_LINES else ""
            return f"{path}: {'line' if len(one.lines) == 1 else 'lines'} {numbers}{more}{changed}"
        case "gone":
            return f"{path} is gone"
        case "not kept":
            return "read from standard input, which is not kept"
        case "pulled":
            return f"pulled from {path}"
        case "received":
            return f"received at {path}"
        case "unreadable":
            return f"{path} cannot be read any more"
        case _:
            return f"{path}: no line of it is this call any more{changed}"


def _shown(path: str) -> str:
    """A path as a person in the working directory calls it."""
    below = Path(path).is_relative_to(Path.cwd())
    return str(Path(path).relative_to(Path.cwd())) if below else path


def _total(found: Sequence[Explained]) -> str:
    costs = [one.row["cost"] for one in found if one.row["cost"] is not None]
    unpriced = len(found) - len(costs)
    text = f"{plain(sum(costs, Decimal(0)))} {found[0].currency}" if costs else "unpriced"
    return f"{text}, {unpriced:,} unpriced" if costs and unpriced else text
