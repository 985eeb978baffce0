"""Whether those who cost more bring more: the rank correlation of cost with every outcome, and who costs much for little.

One pair for each customer that has both cost and the outcome; how many there are is told, and with fewer than five there is
no correlation. Much for little is a customer among the costliest quarter whose share of the outcome is at most a quarter of
its share of the cost. Another breakdown is `--by feature`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from statistics import quantiles
from typing import TYPE_CHECKING

from llmcost.domain.exact import half_even, total
from llmcost.ledger.keys import resolve
from llmcost.ledger.metrics import metric, metric_names
from llmcost.ledger.outcomes import breakdowns, missing_keys, outcome_sums
from llmcost.reports.cost_by import cost_by
from llmcost.reports.definition import Definition, Surroundings
from llmcost.reports.groups import amounts, change_column, key_column, number_column, whole
from llmcost.reports.question import Question, selection
from llmcost.reports.record import Cell, Fact, Report, Sheet, Study
from llmcost.stats.ranks import FEWEST, spearman

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection
    from llmcost.ledger.registry import Kind

_MEASURES = (("cost", "cost"), ("requests", "requests"), ("total_tokens", "tokens"))
_USES = ("engagements", "active_users", "conversions", "revenue")
"""Which outcome says best how much something is used, the first that is known."""
_LITTLE = Decimal("0.25")

_Keys = tuple[str | None, ...]
_Held = Mapping[_Keys, Decimal]


def _run(connection: "Connection", question: Question, _: Surroundings) -> Study:
    base = cost_by(connection, replace(whole(question), metrics=("cost", "requests", "total_tokens")))
    keys = [resolve(connection, name) for name in question.by]
    rows = selection(connection, question)
    held = breakdowns(connection)
    names = list(dict.fromkeys(one.metric for one in held))
    lacking = missing_keys(connection, rows, keys, names)
    found = {
        name: {group: amount for (group, _), amount in sums.items() if None not in group}
        for name, sums in outcome_sums(connection, rows, keys, names).items()
    }
    known = {name: dict.fromkeys(key for one in held if one.metric == name for key in one.dimensions) for name in names}
    measured = {
        name: {group: amount for group, amount in amounts(base, column) if amount is not None and None not in group}
        for column, name in _MEASURES
    }
    chosen = next((name for name in (*_USES, *found) if name in found), None)
    notes = [_not_known(name, missing, tuple(known[name])) for name, missing in lacking.items() if missing]
    if not notes and not any(found.values()):
        notes.append("no outcome in this period; `llmcost ingest --source outcomes FILE` reads some")
    return Study(
        name="",
        title="",
        sheets=(
            _correlations(base, measured, found),
            _much_for_little(base, measured["cost"], chosen, found, question),
        ),
        base=base,
        facts=tuple(
            Fact(
                name=f"both_{name}", title=f"With both cost and {name}", kind="count", value=len(_both(measured, sums))
            )
            for name, sums in found.items()
        ),
        notes=(*base.notes, *notes),
    )


def _not_known(name: str, missing: Sequence[str], known: Sequence[str]) -> str:
    told = f"{name} is not known by {' or '.join(missing)}"
    return f"{told}, but by {' and '.join(known)}: try --by {','.join(known)}" if known else told


def _both(measured: Mapping[str, _Held], sums: _Held) -> list[_Keys]:
    return [group for group in measured["cost"] if group in sums]


def _correlations(base: Report, measured: Mapping[str, _Held], found: Mapping[str, _Held]) -> Sheet:
    rows: list[tuple[Cell, ...]] = []
    for name, sums in found.items():
        for of, held in measured.items():
            pairs = [(held[group], amount) for group, amount in sums.items() if group in held]
            rho = spearman([float(one) for one, _ in pairs], [float(other) for _, other in pairs])
            known = (None, None, None) if rho is None else (rho.rho, rho.low, rho.high)
            rows.append((name, of, len(pairs), *known, _words(len(pairs), known)))
    who = " and ".join(column.title.lower() for column in base.columns[: len(base.by)])
    return Sheet(
        name="correlation",
        title=f"Rank correlation (Spearman) by {who}",
        columns=(
            key_column("outcome", "Outcome"),
            key_column("with", "With"),
            number_column("n", "n", "count"),
            change_column("rho", "Rho", "ratio"),
            change_column("rho_low", "95 % interval", "ratio"),
            change_column("rho_high", "Upper end", "ratio"),
            key_column("reading", "Reading"),
        ),
        rows=tuple(rows),
        ranges=(("rho_low", "rho_high"),),
        empty="no outcome is known by these keys",
    )


def _words(pairs: int, known: tuple[float | None, float | None, float | None]) -> str:
    rho, low, high = known
    if rho is None or low is None or high is None:
        return f"fewer than {FEWEST}" if pairs < FEWEST else "one never varies"
    if low <= 0 <= high:
        return "no clear relation"
    return f"{'rises' if rho > 0 else 'falls'} with it"


def _much_for_little(
    base: Report, costs: _Held, chosen: str | None, found: Mapping[str, _Held], question: Question
) -> Sheet:
    """Those among the costliest quarter with little of the outcome; an outcome nobody recorded counts as none."""
    sums: _Held = {} if chosen is None else found[chosen]
    all_cost, all_events = total(costs.values()), total(sums.values())
    limit = Decimal(quantiles(costs.values(), n=4, method="inclusive")[2]) if len(costs) > 1 else None
    rows: list[tuple[Cell, ...]] = []
    for group, cost in sorted(costs.items(), key=lambda one: (-one[1], [key or "" for key in one[0]])):
        if limit is None or cost < limit or not all_cost or all_events <= 0:
            continue
        share, events = cost / all_cost, sums.get(group)
        used = (events or 0) / all_events
        if cost > 0 and used <= _LITTLE * share:
            each = half_even(Fraction(cost) / Fraction(events)) if events else None
            rows.append((*group, cost, float(share), events, float(used), each))
    title = chosen or "outcome"
    kind: Kind = metric(chosen).kind if chosen in metric_names() else "number"
    return Sheet(
        name="much_for_little",
        title=f"High spend, {'little' if chosen in {None, 'revenue'} else 'few'} {title}",
        columns=(
            *(key_column(column.name, column.title) for column in base.columns[: len(base.by)]),
            number_column("cost", "Cost", "money"),
            number_column("cost_share", "Share of cost", "percent"),
            number_column("outcome", title.replace("_", " ").capitalize(), kind),
            number_column("outcome_share", "Share of it", "percent"),
            number_column("cost_per_outcome", "Cost of one", "money"),
        ),
        rows=tuple(rows[: question.limit]),
        empty="nobody" if all_events > 0 else "no outcome to compare with",
    )


report = Definition(title="Usage against outcome", by=("customer_id",), run=_run, fixed=True)
