"""Customers that have used most of what their plan, or a budget for each customer, allows them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from llmcost.budgets.checking import check
from llmcost.budgets.reading import read_budgets
from llmcost.compose.dashboards._asking import Asking
from llmcost.domain.errors import UsageError
from llmcost.domain.exact import EXACT
from llmcost.domain.period import Period, start_of
from llmcost.domain.text import plural
from llmcost.ledger import queries
from llmcost.ledger.customers import METERS
from llmcost.ledger.groups import Group
from llmcost.ledger.metrics import metric, metric_names
from llmcost.reports.dashboard import Ask, Panel
from llmcost.reports.record import Cell, Column, Row
from llmcost.tiers.metering import metered
from llmcost.tiers.plan import Plan, Plans
from llmcost.tiers.plans import read_plans

NEAR = Decimal("0.8")
"""Share of a limit from which a customer is close to it."""
_MOST = 20
_COLUMNS = (
    Column(name="customer_id", title="Customer", kind="text", role="key"),
    Column(name="plan", title="Plan", kind="text", role="key"),
    Column(name="utilisation", title="Used", kind="percent", role="metric"),
    Column(name="used", title="Quantity", kind="money", role="metric"),
    Column(name="limit", title="Limit", kind="money", role="metric"),
    Column(name="unit", title="Unit", kind="text", role="metric"),
    Column(name="status", title="Status", kind="text", role="metric"),
)
_EMPTY = (
    "no limits to hold customers against: name a file of plans with --plans, or write a budget with"
    " `per: customer_id` into llmcost.yaml"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Use:
    """What one customer has used of one limit."""

    customer: str
    plan: str
    used: Decimal
    limit: Decimal
    unit: str

    @property
    def share(self) -> Decimal:
        return EXACT.divide(self.used, self.limit)


def panel(asking: Asking) -> Panel:
    """The customers close to a limit, the closest first; plans are held against the latest month."""
    blank = Panel(id="limits", title="Close to a limit", kind="gauge", columns=_COLUMNS, measure="utilisation", whole=1)
    if asking.wanted.plans is not None:
        month = asking.last.date().replace(day=1)
        period = Period(since=start_of(month, asking.zone), until=asking.total.period.until)
        file = read_plans(asking.wanted.plans)
        metrics = _metrics(file)
        ask = Ask(by=("customer_id",), metrics=metrics, period=period)
        uses = list(_of_plans(asking, file, metrics, period)) if metrics else []
        blank = replace(blank, command=asking.command(ask))
        span = f"in {month:%B %Y}"
    else:
        budgets = [one for one in read_budgets(asking.wanted.settings) if one.per == ("customer_id",)]
        if not budgets:
            return replace(blank, empty=_EMPTY)
        standings = check(asking.connection, asking.wanted.settings, budgets, asking.wanted.now, gates=False).standings
        uses = [
            _Use(
                customer=one.values[0],
                plan=one.budget.name,
                used=one.spent,
                limit=one.budget.amount,
                unit=one.budget.currency or one.budget.measure,
            )
            for one in standings
            if one.spent is not None and one.values and one.values[0] is not None
        ]
        blank = replace(blank, command=asking.budgets)
        span = "in the period of its budget"
    near = sorted((use for use in uses if use.share >= NEAR), key=lambda use: (-use.share, use.customer))
    said = f"{plural(len(near), 'customer')} of {len({use.customer for use in uses}):,} with a limit"
    return replace(
        blank,
        about=f"{said} {'has' if len(near) == 1 else 'have'} used {NEAR:.0%} of it or more {span}.",
        rows=tuple(Row(cells=_cells(use)) for use in near[:_MOST]),
        row_count=len(near),
        empty=""
        if near
        else "no customer is on a plan, or has a budget, with a limit"
        if not uses
        else f"no customer of {len(uses):,} with a limit has used {NEAR:.0%} of it {span}",
    )


def _of_plans(asking: Asking, file: Plans, metrics: tuple[str, ...], period: Period) -> Iterator[_Use]:
    chosen = replace(asking.selection, period=period)
    keys = [asking.key("customer_id"), asking.key("plan")]
    found = [metric(name) for name in metrics]
    groups, _ = queries.grouped(asking.connection, chosen, keys[:1], found)
    logged = _logged_plans(queries.grouped(asking.connection, chosen, keys, [metric("requests")])[0])
    for group in groups:
        customer = group.keys[0]
        plan = None if customer is None else _plan(file, customer, logged)
        if customer is None or plan is None or plan.period != "month":
            continue
        usage = {meter: Decimal(group.values[METERS.get(meter, meter)] or 0) for meter in _leaves(file)}
        quantities = metered(file, plan, usage).usage
        for meter, limit in plan.covers.items():
            if limit and meter in quantities:
                unit = asking.total.currency if METERS.get(meter, meter) == "cost" else _unit(meter)
                yield _Use(customer=customer, plan=plan.name, used=quantities[meter], limit=limit, unit=unit)


def _cells(use: _Use) -> tuple[Cell, ...]:
    status = "reached" if use.share >= 1 else "close"
    return use.customer, use.plan, float(use.share), use.used, use.limit, use.unit, status


def _unit(meter: str) -> str:
    return "tokens" if meter == "total" else f"{meter} tokens" if meter in {"input", "output"} else meter


def _logged_plans(groups: list[Group]) -> Mapping[str, str]:
    """The plan most of a customer's requests name."""
    best: dict[str, tuple[int, str]] = {}
    for group in groups:
        customer, plan = group.keys
        if customer is not None and plan is not None:
            best[customer] = max(best.get(customer, (0, "")), (int(group.values["requests"] or 0), plan))
    return {customer: plan for customer, (_, plan) in best.items()}


def _plan(file: Plans, customer: str, logged: Mapping[str, str]) -> Plan | None:
    """What the file assigns, else what the log says, else the file's plan of everybody."""
    if customer in file.assign:
        return file.plan(file.assign[customer])
    said = logged.get(customer)
    named = next((plan for plan in file.plans if said is not None and said in {plan.id, plan.name}), None)
    return named or (None if file.current is None else file.plan(file.current))


def _leaves(file: Plans) -> tuple[str, ...]:
    """The meters of all limits, weighted ones taken apart."""
    meters = {meter for plan in file.plans for meter in plan.covers}
    return tuple(sorted({leaf for meter in meters for leaf in file.meters.get(meter, (meter,))}))


def _metrics(file: Plans) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(METERS.get(meter, meter) for meter in _leaves(file)))
    for name in names:
        if name not in metric_names() or not metric(name).additive:
            raise UsageError(
                f"{file.path}: {name!r} is no meter of the ledger",
                hint=f"meters are {', '.join(METERS)} and additive metrics",
            )
    return names
