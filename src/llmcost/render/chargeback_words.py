"""Words and numbers that allocations, statements and closings have in common."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from llmcost.allocation.record import Allocation, Kind, Line, Source
from llmcost.domain.exact import total
from llmcost.domain.period import time_zone
from llmcost.domain.printable import printable
from llmcost.domain.text import plural
from llmcost.ledger.dimensions import dimension, dimension_names
from llmcost.render.numbers import human
from llmcost.render.visible import label

UNALLOCATED = "(unallocated)"
UNPRICED = "unpriced"
_KINDS: dict[Kind, str] = {
    "direct": "Own requests",
    "requests": "Shared",
    "charge": "Charges",
    "owner": "Passed on",
    "unattributed": "Unattributed",
    "difference": "Invoice",
    "adjustment": "Adjustments",
}


def titles() -> dict[Kind, str]:
    """The kinds of cost with their headings, in the order of a table."""
    return _KINDS


def owner_name(owner: str | None) -> str:
    """An owner as people see it, told apart from nobody."""
    if owner is None:
        return UNALLOCATED
    return f'"{owner}"' if owner == UNALLOCATED else label(owner)


def amount(value: Decimal, allocation: Allocation) -> str:
    """An amount as statements have it: every one with the same decimals."""
    return human(value, "money", allocation.currency, places=allocation.decimals)


def borne(lines: Sequence[Line], allocation: Allocation) -> str:
    """What lines come to; what is not known is not shown as nothing."""
    if lines and all(line.unknown for line in lines):
        return UNPRICED
    return amount(total(line.amount for line in lines), allocation)


def by_title(allocation: Allocation) -> str:
    """What costs are allocated to, as a heading."""
    name = allocation.by
    return dimension(name).title if name in dimension_names() else printable(name)


def days(allocation: Allocation) -> str:
    """The first and the last day, and where days are counted."""
    zone = time_zone(allocation.zone)
    first, end = (datetime.fromisoformat(one).astimezone(zone).date() for one in (allocation.since, allocation.until))
    last = end - timedelta(days=1)
    return f"{first} ({allocation.zone})" if first == last else f"{first} to {last} ({allocation.zone})"


def base(value: Decimal | None, driver: str | None, currency: str) -> str:
    """What a share is in proportion to."""
    if value is None:
        return ""
    if driver in {"cost", "allocated"} or (driver or "").endswith("_cost"):
        return human(value, "money", currency)
    whole, _, fraction = f"{value:f}".partition(".")
    fraction = fraction.rstrip("0")
    return f"{int(whole):,}{'.' if fraction else ''}{fraction}"


def share(line: Line) -> str:
    """The share of the whole cost; blank where it was not shared."""
    if line.base is None or not line.base_total:
        return ""
    return human(float(line.base / line.base_total), "percent", "USD")


def how(line: Line | Source, driver: str | None = None) -> str:
    """How a cost was shared, in words."""
    if line.kind == "owner" and line.method == "direct" and line.cost < 0:
        return "passed on to others"
    if line.kind == "direct":
        return "its own" if isinstance(line, Line) else "to who made them"
    if line.kind == "adjustment":
        return "known after closing"
    match line.method:
        case "keep":
            return "not shared"
        case "direct":
            return "in full"
        case "even":
            return "evenly"
        case "weights":
            return "by fixed weights"
        case _:
            return f"by {_spaced(driver)}" if driver else "in proportion"


def _spaced(driver: str) -> str:
    return {"cost": "cost of own requests", "allocated": "cost so far"}.get(driver, driver.replace("_", " "))


def unpriced(requests: int, unpriced_requests: int) -> str:
    """What is in no amount, as a sentence."""
    verb = "has" if unpriced_requests == 1 else "have"
    return f"{unpriced_requests:,} of {plural(requests, 'request')} {verb} no known price and {'is' if unpriced_requests == 1 else 'are'} in no amount."
