"""What forgetting somebody took out of a ledger, or would, for people and as JSON. The id itself is not repeated."""

from llmcost.domain.printable import printable
from llmcost.domain.text import plural
from llmcost.ledger.forgetting import Forgotten
from llmcost.render.json import dumped
from llmcost.render.numbers import money, plain


def as_text(found: Forgotten) -> str:
    """A line for each kind of place."""
    cost = "no known cost" if found.cost is None else money(found.cost, "USD")
    lines = [f"{plural(found.requests, 'request')}, {cost}"]
    if found.buckets:
        lines.append(plural(found.buckets, "aggregate of an export", "aggregates of exports"))
    if found.kept_requests or found.kept_buckets:
        lines.append(f"of closed periods, kept without who it was for: {_kept(found)}")
    lines += [f"{printable(place)}: replaced in {plural(count, 'other row')}" for place, count in found.masked.items()]
    lines += [
        f"{printable(place)}: the same letters are part of other words or names in {plural(count, 'row')}, left alone"
        for place, count in found.remaining.items()
    ]
    if found.paths:
        lines.append("logs named after the id, which you may want to rename or delete:")
        lines += [f"  {printable(path)}" for path in found.paths]
    if found.price_lists:
        several = "stored price lists name it and stay as they"
        lines.append(f"{plural(found.price_lists, 'stored price list names it and stays as it', several)} rated")
    if found.copies:
        lines.append("older copies of the ledger that still hold it:")
        lines += [f"  {printable(str(path))}" for path in found.copies]
    return "\n".join(lines) + "\n"


def _kept(found: Forgotten) -> str:
    parts = []
    if found.kept_requests:
        cost = "no known cost" if found.kept_cost is None else money(found.kept_cost, "USD")
        parts.append(f"{plural(found.kept_requests, 'request')}, {cost}")
    if found.kept_buckets:
        parts.append(plural(found.kept_buckets, "aggregate of an export", "aggregates of exports"))
    return "; ".join(parts)


def as_json(found: Forgotten, *, applied: bool) -> str:
    """The stable document `llmcost/db-forget/1`."""
    document = {
        "schema": "llmcost/db-forget/1",
        "applied": applied,
        "requests": found.requests,
        "cost": None if found.cost is None else plain(found.cost),
        "aggregates": found.buckets,
        "kept": {
            "requests": found.kept_requests,
            "cost": None if found.kept_cost is None else plain(found.kept_cost),
            "aggregates": found.kept_buckets,
        },
        "masked": dict(found.masked),
        "remaining": dict(found.remaining),
        "paths": list(found.paths),
        "price_lists": found.price_lists,
        "copies": [str(path) for path in found.copies],
    }
    return dumped(document) + "\n"
