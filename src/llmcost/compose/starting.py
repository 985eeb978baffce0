"""A commented llmcost.yaml to start from, with numbers from what the ledger holds."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING

from llmcost.config.gate import Gate
from llmcost.config.quoting import quoted
from llmcost.config.settings import Settings
from llmcost.domain.exact import EXACT
from llmcost.domain.period import Period, parse_period, time_zone
from llmcost.ledger import queries, scopes
from llmcost.ledger.composition import Selection
from llmcost.ledger.keys import Key, resolve
from llmcost.ledger.metrics import metric

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a ledger's last days hold."""

    days: int
    cost: Decimal
    largest: Decimal
    """Cost of the most expensive customer."""
    customers: int
    environments: tuple[str, ...]
    unattributed: Decimal
    """Share of the cost without a customer, 0 to 1."""
    unpriced: Decimal
    """Share of the requests."""
    most_unpriced: Decimal
    """The largest such share of a customer, then or in the month that has begun: a budget for each is made of those."""
    rejected: Decimal
    """Share of all log lines."""


def seen(connection: "Connection", now: datetime, tz: str) -> Seen | None:
    """The last 30 days of the ledger before `now`; None where it holds nothing."""
    zone, now = time_zone(tz), now.astimezone(UTC)
    bounds = scopes.bounds(connection, Selection(period=Period(until=now), zone=zone, basis="requests"))
    if bounds is None:
        return None
    last = bounds[1].replace(tzinfo=UTC) + timedelta(microseconds=1)
    chosen = Selection(period=Period(since=last - timedelta(days=_DAYS), until=last), zone=zone, basis="requests")
    key = resolve(connection, "customer_id")
    facts = queries.facts(connection, chosen, key)
    groups, _ = queries.grouped(connection, chosen, [key], [metric("cost")])
    costs = {group.keys[0]: Decimal(group.values["cost"] or 0) for group in groups}
    total = sum(costs.values(), Decimal(0))
    environments, _ = queries.grouped(connection, chosen, [resolve(connection, "environment")], [metric("cost")])
    rejected = queries.rejected_lines(connection)
    everything = queries.facts(connection, replace(chosen, period=Period(until=now))).rows
    known = [cost for name, cost in costs.items() if name is not None]
    return Seen(
        days=min(_DAYS, (bounds[1] - bounds[0]).days + 1),
        cost=total,
        largest=max(known, default=Decimal(0)),
        customers=len(known),
        environments=tuple(group.keys[0] for group in environments if group.keys[0] is not None),
        unattributed=_share(facts.unattributed_cost or Decimal(0), total),
        unpriced=_share(Decimal(facts.unpriced), Decimal(facts.requests)),
        most_unpriced=max(
            _most_unpriced(connection, replace(chosen, period=period), key)
            for period in (chosen.period, *_judged(now, zone))
        ),
        rejected=_share(Decimal(rejected), Decimal(everything + rejected)),
    )


def _judged(now: datetime, zone: tzinfo) -> tuple[Period, Period]:
    """What a check at that instant looks at: the period of the gate, and the month so far of the budgets."""
    gate, month = parse_period(Gate().period, now, zone), parse_period("mtd", now, zone)
    return replace(gate, until=now), replace(month, until=now)


def _most_unpriced(connection: "Connection", chosen: Selection, key: Key) -> Decimal:
    """The largest share of unpriced requests of a value of the key; requests without a value are one."""
    groups, _ = queries.grouped(connection, chosen, [key], [metric("requests"), metric("unpriced_requests")])
    shares = (
        _share(Decimal(group.values["unpriced_requests"] or 0), Decimal(group.values["requests"] or 0))
        for group in groups
    )
    return max(shares, default=Decimal(0))


def template(found: Seen | None, *, db: str, tz: str) -> str:
    """The text of a llmcost.yaml; amounts are a fifth above what was seen, rounded up."""
    whole = Decimal(100) if found is None else _headroom(found.cost)
    each = Decimal(20) if found is None else _headroom(found.largest)
    if found is None:
        basis = "The ledger is empty, so the amounts are examples."
    else:
        customers = "1 customer" if found.customers == 1 else f"{found.customers:,} customers"
        days = "day" if found.days == 1 else f"{found.days} days"
        basis = f"The last {days} cost {found.cost:,.2f} dollars, by {customers}; amounts are a fifth above."
    rejected = Decimal(0) if found is None else found.rejected
    unattributed = Decimal("0.2") if found is None else found.unattributed
    each_lines = [
        "  - name: each-customer # one budget for each",
        "    per: customer_id",
        "    period: month",
        f'    amount: "{each:f}"',
    ]
    if found is not None and not found.customers:
        each_lines = [f"  #{line[2:]}" if line.startswith("  ") else line for line in each_lines]
    lines = [
        "# What llmcost reads, reports and holds spending against. Paths are relative to this file.",
        f"# {basis}",
        f"db: {quoted(db)}",
        f"tz: {quoted(tz)} # of days and periods",
        "currency: USD",
        "",
        "# What a bare `llmcost ingest` reads.",
        "# ingest: [logs/]",
        "",
        "# `llmcost budget check` exits 1 when a budget is reached, 3 when data is stale or missing.",
        "budgets:",
        "  - name: everything",
        "    period: month # day, week, month, quarter, year, custom, or days such as 30d",
        f'    amount: "{whole:f}"',
        "    # unit: usd # or tokens, requests",
        "    warn_at: [80]",
        "    forecast_at: [100]",
        "    # owner: platform@example.com",
        *each_lines,
        *_environment(found),
        "",
        "gate:",
        _unpriced(found),
        f"  unattributed: {_percent(unattributed, Decimal(5))} # of cost without any owner",
        f"  rejected: {_percent(rejected, Decimal('0.1'))} # of log lines",
        "  stale: 48h # older data is never a pass",
        "  # increase: 20% # since the baseline that `llmcost budget baseline` writes, and",
        '  # increase_amount: "50" # more than this',
        "",
        "# Gateway configs that `llmcost check` lints.",
        "# quota: [gateway/]",
    ]
    return "\n".join(lines) + "\n"


def _unpriced(found: Seen | None) -> str:
    """What the budgets may leave out: as much as the worst of them does today, so that each can be judged."""
    share = Decimal(0) if found is None else found.most_unpriced
    about = "of the last 30 days"
    if found is not None and found.customers:
        whole = _percent(found.unpriced, Decimal(0))
        about = f"the largest share of a customer today; of all of them {whole}"
    return f"  unpriced: {_percent(share, Decimal(1))} # of requests, {about}"


def _environment(found: Seen | None) -> list[str]:
    """A budget for what is not production, as an example of a scope."""
    production = Settings().production
    others = [name for name in (() if found is None else found.environments) if name.lower() not in production]
    if not others:
        return []
    return [
        "  # - name: not-production",
        f"  #   scope: {{environment: [{', '.join(map(quoted, sorted(others)[:5]))}]}}",
        "  #   period: week",
        '  #   amount: "10"',
    ]


def _headroom(cost: Decimal) -> Decimal:
    """A fifth more, rounded up to two digits; at least one."""
    wanted = EXACT.multiply(cost, Decimal("1.2"))
    if wanted <= 1:
        return Decimal(1)
    step = Decimal(1).scaleb(wanted.adjusted() - 1)
    rounded = (wanted / step).to_integral_value(rounding=ROUND_CEILING) * step
    return rounded.quantize(Decimal(1)) if rounded == rounded.to_integral_value() else rounded.normalize()


def _percent(share: Decimal, least: Decimal) -> str:
    """The next whole percent above, so that the gate passes today."""
    return f"{max(least, (share * 100).to_integral_value(rounding=ROUND_CEILING)):f}%"


def _share(part: Decimal, whole: Decimal) -> Decimal:
    return EXACT.divide(part, whole) if whole else Decimal(0)
