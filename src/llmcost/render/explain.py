"""Why a call costs what it costs: as a table, JSON or Markdown."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any, Literal, get_args

from llmcost.domain.request import WHO
from llmcost.domain.text import plural
from llmcost.ingest.trace import Sighting, Trace
from llmcost.pricing.explanation import Explanation, Line
from llmcost.pricing.price_list import FEE_UNITS
from llmcost.pricing.provenance import Provenance, contract_words, factor_words, tier_words, variant_words
from llmcost.pricing.rate_row import Context
from llmcost.pricing.units import GAPS
from llmcost.render.cells import Grid
from llmcost.render.json import dumped
from llmcost.render.numbers import plain
from llmcost.render.page import Fact, Heading, Page, Part, Table, as_markdown, as_text
from llmcost.render.prices import moment
from llmcost.render.surface import Surface
from llmcost.reports.explain import Explained
from llmcost.reports.record import Column

Format = Literal["table", "json", "markdown"]
FORMATS: tuple[Format, ...] = get_args(Format)

_PER = {1_000_000: "/1M", 1_000: "/1k", 3600: "/hour", 1: ""}
_COMPONENTS = {
    "cache_write_5m": "cache write",
    "cache_write_1h": "cache write, 1 hour",
    "audio_hour": "audio, seconds",
    "video_second": "video, seconds",
    "billed": "billed by the provider",
    "unexplained": "not explained",
}
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
        return f"{dumped(_document(found, traces))}\n"
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
        else price_facts(one.calculation, one.price, one.context, _utc(row["started_at"]))
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
    text = f"{_instant(row['started_at'])} UTC"
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


def lines_table(lines: Sequence[Line], currency: str) -> Table:
    """The lines of a cost and their sum; every number in full."""
    factors = any(line.multiplier != 1 for line in lines)
    columns = [
        Column(name="component", title="Component", kind="text", role="key"),
        Column(name="quantity", title="Quantity", kind="number", role="metric"),
        Column(name="price", title=f"{currency} as published", kind="money", role="metric"),
        Column(name="each", title="Each", kind="money", role="metric"),
        *([Column(name="multiplier", title="Factor", kind="number", role="metric")] if factors else []),
        Column(name="amount", title="Amount", kind="money", role="metric"),
    ]
    amounts = _aligned([*(line.amount for line in lines), sum((line.amount for line in lines), Decimal(0))])
    rows = []
    for line, amount in zip(lines, amounts, strict=False):
        bare = line.component in {"rounding", "billed", "unexplained"}
        each = line.unit_price
        rows.append(
            (
                _named(line),
                "" if bare else _count(line.quantity),
                "" if bare else _published(line),
                "" if bare or each is None or not line.listed else plain(each),
                *([("" if bare else f"{line.multiplier.normalize():f}")] if factors else []),
                amount,
            )
        )
    return Table(
        cells=Grid(
            columns=tuple(columns),
            headings=tuple(column.title for column in columns),
            rows=tuple(rows),
            totals=("Total", *[""] * (len(columns) - 2), amounts[-1]),
        ),
        expendable=("each",),
    )


def _published(line: Line) -> str:
    return f"{plain(line.published)}{_PER.get(line.per, f'/{line.per:,}')}" if line.listed else "no price"


def _named(line: Line) -> str:
    name = _COMPONENTS.get(line.component, GAPS.get(line.component, line.component.replace("_", " ")))
    if line.component in FEE_UNITS and line.component not in _COMPONENTS:
        name = f"{name} fee" if line.component == "request" else name
    if line.used is not None:
        name = f"{name}, {_count(line.used)} used"
    return name if line.charged_as is None else f"{name}, as {GAPS[line.charged_as]}"


def price_facts(calculation: Explanation, price: Provenance, context: Context, at: datetime) -> list[tuple[str, str]]:
    """Which price it was, where it stands, and why that one."""
    since = "the beginning" if price.since is None else moment(price.since)
    until = "" if price.until is None else f" until {moment(price.until)}"
    source = "no source named" if price.url is None else price.url
    checked = "" if price.checked is None else f", checked {price.checked}"
    where = "" if price.place is None else f", {price.layer} layer at {Path(price.place).name}"
    facts = [
        ("Price", f"{price.id}, from {since}{until}"),
        ("Source", f"{source}{checked}"),
        ("List", f"{price.list_version[:12]} as of {price.list_as_of}{where}"),
        ("Matched", price.matched),
    ]
    for label, words in (
        ("Tier", tier_words(calculation)),
        ("Variant", variant_words(calculation, context, at)),
        ("Factor", factor_words(calculation)),
        ("Contract", contract_words(calculation)),
    ):
        if words is not None:
            facts.append((label, words))
    return facts


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
    difference = claimed_difference(one)
    if difference is None:
        return text
    if not difference:
        return f"{text}: the same"
    share = ""
    if row["cost"]:
        percent = (difference / row["cost"] * 100).quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)
        share = f" ({percent:+,f}%)"
    return f"{text}: {plain(abs(difference))} {'more' if difference > 0 else 'less'} than the cost{share}"


def claimed_difference(one: Explained) -> Decimal | None:
    """What the log claimed beyond our cost; None where the two cannot be compared."""
    row = one.row
    if row["reported_cost"] is None or row["cost"] is None:
        return None
    same = (row["reported_currency"] or one.currency).upper() == one.currency
    return Decimal(row["reported_cost"] - row["cost"]) if same else None


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


def _document(found: Sequence[Explained], traces: Sequence[Trace]) -> dict[str, Any]:
    """The stable shape `llmcost/explain/1`: the rows together, then each by itself."""
    requests = [_request(one, traced) for one, traced in zip(found, traces, strict=True)]
    costs = [one.row["cost"] for one in found if one.row["cost"] is not None]
    prices = [request["price"] for request in requests]
    return {
        "schema": "llmcost/explain/1",
        "request_id": found[0].row["request_id"],
        "currency": found[0].currency,
        "cost": plain(sum(costs, Decimal(0))) if costs else None,
        "lines": [line for request in requests for line in request["lines"]],
        "price": prices[0] if all(price == prices[0] for price in prices) else None,
        "requests": requests,
    }


def _request(one: Explained, traced: Trace) -> dict[str, Any]:
    row = one.row
    texts = (
        "issuer",
        "source",
        "time_origin",
        "provider",
        "request_model",
        "response_model",
        "model",
        "operation",
        "status",
    )
    conditions = ("http_status", "processing", "service_tier", "speed", "inference_region", "unit_size", "usage_origin")
    difference = claimed_difference(one)
    return {
        "row_key": str(row["row_key"]),
        "request_id": row["request_id"],
        "part": row["part"],
        "started_at": f"{_instant(row['started_at']).replace(' ', 'T')}Z",
        **{name: row[name] for name in (*texts, *conditions)},
        "who": {name: row[name] for name in WHO if row[name] is not None},
        "cost": None if row["cost"] is None else plain(row["cost"]),
        "cost_status": row["cost_status"],
        "charge_basis": row["charge_basis"],
        "reason": row["cost_reason"],
        "lines": [line_document(line) for line in one.lines],
        "list_value": None if row["list_value"] is None else plain(row["list_value"]),
        "list_lines": [line_document(line) for line in one.list_lines],
        "price": None
        if one.calculation is None or one.price is None
        else price_document(one.calculation, one.price, one.context, _utc(row["started_at"])),
        "check": {
            "agrees": one.agrees if one.recomputed is not None else None,
            "recomputed": None if one.recomputed is None else plain(one.recomputed),
        },
        "nearest": list(one.nearest),
        "reported": None
        if row["reported_cost"] is None
        else {
            "cost": plain(row["reported_cost"]),
            "currency": row["reported_currency"],
            "by": row["reported_by"],
            "difference": None if difference is None else plain(difference),
            "difference_ratio": None
            if difference is None or not row["cost"]
            else round(float(difference / row["cost"]), 6),
        },
        "conflicts": [
            {"source": at.source, "path": at.path, "kept_tokens": at.kept_tokens, "other_tokens": at.other_tokens}
            for at in one.conflicts
        ],
        "files": [
            {"path": at.path, "state": at.state, "lines": list(at.lines), "changed": at.changed}
            for at in traced.sightings
        ],
        "files_not_searched": traced.unsearched,
    }


def line_document(line: Line) -> dict[str, Any]:
    """One line: `unit_price` is that of one, null where it has no end; `published` is that of `per`."""
    return {
        "component": line.component,
        "quantity": f"{line.quantity.normalize():f}",
        "used": f"{(line.quantity if line.used is None else line.used).normalize():f}",
        "unit_price": None if line.unit_price is None or not line.listed else plain(line.unit_price),
        "published": plain(line.published) if line.listed else None,
        "per": line.per,
        "multiplier": f"{line.multiplier.normalize():f}",
        "amount": plain(line.amount),
        "charged_as": line.charged_as,
    }


def price_document(calculation: Explanation, price: Provenance, context: Context, at: datetime) -> dict[str, Any]:
    """The price that was used and why that one."""
    return {
        "id": price.id,
        "model": price.model.id,
        "source": price.url,
        "checked": price.checked,
        "from": None if price.since is None else moment(price.since),
        "until": None if price.until is None else moment(price.until),
        "match": price.match.kind,
        "matched": price.matched,
        "prompt_tokens": calculation.prompt_tokens,
        "tier": tier_words(calculation),
        "variant": variant_words(calculation, context, at),
        "factor": factor_words(calculation),
        "contract": contract_words(calculation),
        "place": price.place,
        "layer": price.layer,
        "list": price.list_version,
        "list_as_of": price.list_as_of,
    }


def _aligned(amounts: Sequence[Decimal]) -> list[str]:
    """Amounts in full, all with as many decimals as the longest of them has."""
    places = max(len(plain(amount).partition(".")[2]) for amount in amounts)
    return [f"{plain(amount)}{'0' * (places - len(plain(amount).partition('.')[2]))}" for amount in amounts]


def _count(quantity: Decimal) -> str:
    return f"{quantity.normalize():,f}"


def _instant(at: datetime) -> str:
    """A moment with the fraction of a second it has."""
    text = f"{at:%Y-%m-%d %H:%M:%S.%f}".rstrip("0")
    return text.removesuffix(".")


def _utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC)
