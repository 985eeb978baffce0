"""The savings ledger and what-if answers as text, JSON and Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, get_args

from llmcost.domain.text import plural
from llmcost.outliers.detector import Overlap
from llmcost.outliers.finding import Audit
from llmcost.outliers.registry import known_detectors
from llmcost.outliers.whatif import WhatIf
from llmcost.render.cells import Grid
from llmcost.render.drawing import drawn, wrapped
from llmcost.render.json import dumped
from llmcost.render.markdown import escape, grid_table
from llmcost.render.numbers import money, plain
from llmcost.render.outliers import amount_range, summary
from llmcost.render.surface import Surface
from llmcost.render.visible import label
from llmcost.reports.record import Column
from llmcost.stats.proportions import sample_size

if TYPE_CHECKING:
    from llmcost.ledger.registry import Kind

SavingsFormat = Literal["table", "json", "markdown"]
SAVINGS_FORMATS: tuple[SavingsFormat, ...] = get_args(SavingsFormat)
_LEVERS: dict[Overlap, str] = {
    "duplicate": "Stop asking twice",
    "retry": "Stop retry storms",
    "error": "Mend charged failures",
    "leak": "Cut development spend",
    "dead": "Switch off dead features",
    "cache": "Cache what is read again",
    "tier": "Use the right price tier",
    "routing": "Route small work to small models",
    "prompt": "Shorten prompts and thinking",
    "context": "Shorten threads",
    "none": "Ask whether it is worth it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lever:
    name: str
    overlap: Overlap
    findings: int
    low: Decimal
    gross: Decimal
    high: Decimal
    net: Decimal
    measured: Decimal


def render_savings(audit: Audit, format_name: SavingsFormat, surface: Surface, currency: str) -> str:
    """The playbook: what each kind of change would save, gross and without overlap, ending in a line break."""
    levers = _levers(audit)
    measured = sum((one.measured for one in levers), Decimal(0))
    if format_name == "json":
        return f"{dumped(_json(audit, levers, measured, currency))}\n"
    low, mid, high = audit.net_total
    closing = [
        f"Avoidable (measured): {money(measured, currency)}. Potential (what-if): {money(mid - measured, currency)}.",
        "Realised savings are told by `llmcost savings verify`, of findings accepted before.",
        f"Net of all: {money(mid, currency)} ({amount_range(low, high, currency)}) of {money(audit.cost, currency)} spent.",
        "Net leaves out what a line above already saves on the same requests.",
    ]
    if not levers:
        closing = []
    if audit.hidden:
        closing.append(f"{plural(audit.hidden, 'finding')} left out: dismissed.")
    table = _grid(levers, currency)
    if format_name == "markdown":
        parts = [
            "\n".join(f"- {escape(line)}" for line in summary(audit, currency)),
            *([grid_table(table)] if levers else []),
        ]
        return "\n\n".join([*parts, *(["\n".join(f"- {escape(line)}" for line in closing)] if closing else [])]) + "\n"
    columns = surface.width or 100
    lines = [part for line in summary(audit, currency) for part in wrapped(line, columns)]
    if levers:
        lines += ["", drawn(table, surface, ("findings",)), ""]
    lines += [part for line in closing for part in wrapped(line, columns, "  ")]
    return "\n".join(lines) + "\n"


def render_what_if(answer: WhatIf, format_name: SavingsFormat, surface: Surface, currency: str) -> str:
    """What the same requests would have cost, ending in a line break."""
    if format_name == "json":
        return f"{dumped(_what_if_json(answer, currency))}\n"
    columns: tuple[tuple[str, str, Kind, Literal["key", "metric"]], ...] = (
        ("model", "Model", "text", "key"),
        ("target", "Instead", "text", "key"),
        ("requests", "Requests", "count", "metric"),
        ("was", "Was", "money", "metric"),
        ("mid", "Would be", "money", "metric"),
        ("saved", "Saves", "money", "metric"),
    )
    was, mid, low, high = (
        sum((getattr(one, name) for one in answer.changes), Decimal(0)) for name in ("was", "mid", "low", "high")
    )
    table = Grid(
        columns=tuple(Column(name=name, title=title, kind=kind, role=role) for name, title, kind, role in columns),
        headings=tuple(title for _, title, _, _ in columns),
        rows=tuple(
            (
                label(one.model),
                "as it is" if one.target == one.model else label(one.target),
                f"{one.requests:,}",
                money(one.was, currency),
                money(one.mid, currency),
                money(one.was - one.mid, currency),
            )
            for one in answer.changes
        ),
        totals=(
            "Total",
            "",
            f"{sum(one.requests for one in answer.changes):,}",
            money(was, currency),
            money(mid, currency),
            money(was - mid, currency),
        ),
    )
    verb = "saves" if was >= mid else "costs"
    between = amount_range(was - high, was - low, currency)
    cost = "unknown cost" if answer.cost is None else money(answer.cost, currency)
    whole = f"{cost} in {plural(answer.requests, 'request')}"
    closing = [
        f"That {verb} {money(abs(was - mid), currency)}{'' if verb == 'saves' else ' more'} ({between}) of {whole}.",
        "Prices only: whether answers stay good enough is not in a log.",
        f"To know the share that is worse to 5 points, judge {sample_size(0.05):,} pairs of answers; {sample_size(0.02):,} to 2.",
    ]
    if answer.other_tokenizer:
        closing.append(
            "Another maker's tokenizer may count the same text up to 15% differently; the range allows for it."
        )
    if answer.left_out:
        closing.append(
            f"{plural(answer.left_out, 'request')} left out: without a price, free, billed by the provider, or rated at other prices."
        )
    if format_name == "markdown":
        return grid_table(table) + "\n\n" + "\n".join(f"- {escape(line)}" for line in closing) + "\n"
    width = surface.width or 100
    return (
        "\n".join([drawn(table, surface), "", *(part for line in closing for part in wrapped(line, width, "  "))])
        + "\n"
    )


def _levers(audit: Audit) -> list[_Lever]:
    known = known_detectors()
    found = []
    for overlap, name in _LEVERS.items():
        own = [one for one in audit.findings if one.savings is not None and known[one.detector].overlap == overlap]
        if not own:
            continue
        low, gross, high = (
            sum((getattr(one.savings, place) for one in own), Decimal(0)) for place in ("low", "mid", "high")
        )
        found.append(
            _Lever(
                name=name,
                overlap=overlap,
                findings=len(own),
                low=low,
                gross=gross,
                high=high,
                net=sum((audit.net.get(one.id, Decimal(0)) for one in own), Decimal(0)),
                measured=sum((audit.net.get(one.id, Decimal(0)) for one in own if one.basis == "measured"), Decimal(0)),
            )
        )
    return found


def _grid(levers: Sequence[_Lever], currency: str) -> Grid:
    columns: tuple[tuple[str, str, Kind, Literal["key", "metric"]], ...] = (
        ("lever", "What to do", "text", "key"),
        ("findings", "Findings", "count", "metric"),
        ("gross", "Gross", "money", "metric"),
        ("net", "Net", "money", "metric"),
        ("range", "Gross range", "text", "metric"),
    )
    rows = tuple(
        (
            one.name,
            str(one.findings),
            money(one.gross, currency),
            money(one.net, currency),
            amount_range(one.low, one.high, currency),
        )
        for one in levers
    )
    total = [sum((getattr(one, name) for one in levers), Decimal(0)) for name in ("gross", "net", "low", "high")]
    return Grid(
        columns=tuple(Column(name=name, title=title, kind=kind, role=role) for name, title, kind, role in columns),
        headings=tuple(title for _, title, _, _ in columns),
        rows=rows,
        totals=(
            "Total",
            str(sum(one.findings for one in levers)),
            money(total[0], currency),
            money(total[1], currency),
            amount_range(total[2], total[3], currency),
        ),
    )


def _json(audit: Audit, levers: Sequence[_Lever], measured: Decimal, currency: str) -> dict[str, Any]:
    low, mid, high = audit.net_total
    return {
        "schema": "llmcost/savings/1",
        "currency": currency,
        "requests": audit.requests,
        "cost": None if audit.known_cost is None else plain(audit.known_cost),
        "net_savings": {"low": plain(low), "mid": plain(mid), "high": plain(high)},
        "avoidable": plain(measured),
        "potential": plain(mid - measured),
        "levers": [
            {
                "lever": one.overlap,
                "title": one.name,
                "findings": one.findings,
                "gross": {"low": plain(one.low), "mid": plain(one.gross), "high": plain(one.high)},
                "net": plain(one.net),
            }
            for one in levers
        ],
    }


def _what_if_json(answer: WhatIf, currency: str) -> dict[str, Any]:
    return {
        "schema": "llmcost/whatif/1",
        "currency": currency,
        "requests": answer.requests,
        "cost": None if answer.cost is None else plain(answer.cost),
        "left_out": answer.left_out,
        "other_tokenizer": answer.other_tokenizer,
        "sample_for_5_points": sample_size(0.05),
        "changes": [
            {
                "model": one.model,
                "instead": one.target,
                "requests": one.requests,
                "was": plain(one.was),
                "would_be": {"low": plain(one.low), "mid": plain(one.mid), "high": plain(one.high)},
            }
            for one in answer.changes
        ],
    }
