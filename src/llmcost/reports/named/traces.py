"""What one prompt of a user costs: calls and cost per trace, and the costliest traces.

An agent makes 5 to 20 calls behind one prompt, which a cost per request does not show. Calls without a trace have a row of
their own, so that the rows add up to the total. Where sessions are logged and traces are not: `--by session_id`.
A cost per trace is of the traces with a known cost; calls without a price are counted beside it.
"""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from llmcost.domain.errors import UsageError
from llmcost.domain.exact import half_even
from llmcost.ledger.keys import resolve
from llmcost.ledger.traces import QUANTILES, Band, Traces, traces
from llmcost.reports.cost_by import cost_by
from llmcost.reports.definition import Definition, Surroundings
from llmcost.reports.groups import key_column, number_column, total_of, whole
from llmcost.reports.question import Question, selection
from llmcost.reports.record import Cell, Column, Fact, Sheet, Study

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection
    from llmcost.ledger.registry import Kind

_BANDS = ((0, 1), (2, 4), (5, 20), (21, None))
_COSTLIEST = 10
_UNPRICED = number_column("unpriced_requests", "Unpriced", "count")
_ELSE = "`--by session_id` or a tag of your own may have one"


def _run(connection: "Connection", question: Question, _: Surroundings) -> Study:
    if len(question.by) != 1:
        raise UsageError("report traces is by one key", hint="such as --by trace_id or --by session_id")
    base = cost_by(connection, replace(whole(question), by=(), metrics=("total_tokens",)))
    key = resolve(connection, question.by[0])
    found = traces(connection, selection(connection, question), key, _BANDS, question.limit or _COSTLIEST)
    inside = sum(band.calls for band in found.bands)
    names = ("cost", "requests", "unpriced_requests", "total_tokens")
    cost, requests, unpriced, tokens = (total_of(base, name) for name in names)
    traced = sum((band.cost or Decimal(0) for band in found.bands), start=Decimal(0))
    many = sum(band.traces for band in found.bands)
    mean = _mean(traced, sum(band.priced for band in found.bands))
    columns = (
        key_column("calls", "Calls per trace"),
        number_column("traces", "Traces", "count"),
        number_column("requests", "Requests", "count"),
        number_column("cost", "Cost", "money"),
        number_column("share", "Share", "percent"),
        number_column("cost_per_trace", "Cost per trace", "money"),
        number_column("tokens", "Tokens", "tokens"),
        _UNPRICED,
    )
    rows: list[tuple[Cell, ...]] = [
        (
            _words(band),
            band.traces,
            band.calls,
            band.cost,
            _share(band.cost, cost),
            _each(band),
            band.tokens,
            band.unpriced,
        )
        for band in found.bands
    ]
    rest_tokens = int(tokens) - sum(band.tokens or 0 for band in found.bands)
    rest = cost - traced
    if requests > inside or rest:
        rest_unpriced = int(unpriced) - sum(band.unpriced for band in found.bands)
        rows.append(("no trace", 0, int(requests) - inside, rest, _share(rest, cost), None, rest_tokens, rest_unpriced))
    costliest = (
        key_column("trace", key.title),
        number_column("cost", "Cost", "money"),
        number_column("requests", "Requests", "count"),
        number_column("failed_requests", "Failed", "count"),
        number_column("tokens", "Tokens", "tokens"),
        number_column("duration", "Duration", "duration"),
        _UNPRICED,
    )
    return Study(
        name="",
        title="",
        sheets=(
            Sheet(
                name="calls",
                title="By calls per trace",
                columns=columns,
                rows=tuple(rows),
                totals=("Total", many, int(requests), cost, 1.0 if cost else None, mean, int(tokens), int(unpriced)),
                shown=_shown(columns, int(unpriced)),
            ),
            _spread(found),
            Sheet(
                name="costliest",
                title="Costliest traces",
                columns=costliest,
                shown=_shown(costliest, sum(one.unpriced for one in found.costliest)),
                rows=tuple(
                    (one.name, one.cost, one.calls, one.failed, one.tokens, one.duration, one.unpriced)
                    for one in found.costliest
                ),
                empty=f"no request has a value for {key.name}",
            ),
        ),
        base=base,
        facts=(
            Fact(name="traces", title="Traces", kind="count", value=many),
            Fact(
                name="calls_per_trace",
                title="Calls per trace, on average",
                kind="ratio",
                value=inside / many if many else None,
            ),
            Fact(name="cost_per_trace", title="Cost per trace, on average", kind="money", value=mean),
            Fact(
                name="share_of_5_to_20",
                title="Traces with 5 to 20 calls",
                kind="percent",
                value=found.bands[2].traces / many if many else None,
            ),
        ),
        notes=base.notes if many else (*base.notes, f"no request here has a value for {key.name}; {_ELSE}"),
    )


def _spread(found: Traces) -> Sheet:
    values: tuple[tuple[str, str, Kind, tuple[Cell, ...]], ...] = (
        ("calls", "Calls", "number", found.calls),
        ("cost", "Cost", "money", found.cost),
        ("duration", "Duration", "duration", found.duration),
    )
    return Sheet(
        name="quantiles",
        title="From the usual trace to the largest",
        empty="no traces",
        columns=(
            key_column("quantile", "Traces up to"),
            *(number_column(name, title, kind) for name, title, kind, _ in values),
        ),
        rows=tuple(
            (f"{quantile:.0%}", *(cells[place] for _, _, _, cells in values))
            for place, quantile in enumerate(QUANTILES if found.costliest else ())
        ),
    )


def _shown(columns: tuple[Column, ...], unpriced: int) -> tuple[str, ...]:
    """All of them; that of unpriced requests where there are any."""
    return tuple(column.name for column in columns if unpriced or column is not _UNPRICED)


def _words(band: Band) -> str:
    if band.most is None:
        return f"{band.least} or more"
    return "1" if band.most == 1 else f"{band.least} to {band.most}"


def _share(cost: Decimal | None, whole_cost: Decimal) -> float | None:
    return None if cost is None or not whole_cost else float(cost / whole_cost)


def _each(band: Band) -> Decimal | None:
    return None if band.cost is None else _mean(band.cost, band.priced)


def _mean(cost: Decimal, count: int) -> Decimal | None:
    return half_even(Fraction(cost) / count) if count else None


report = Definition(title="Cost per trace", by=("trace_id",), run=_run, fixed=True)
