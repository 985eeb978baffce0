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
    lines += [f"{printable(place)}: replaced in {plural(count, 'other row')}" for place, count in found.masked.items()]
    lines += [
        f"{printable(place)}: the same letters are part of other words or names in {plural(count, 'row')}, left alone"
        for place, count in found.remaining.items()
    ]
    if found.paths:
        lines.append("logs named after the id, which you may want to rename or delete:")
        lines += [f"  {printable(path)}" for path in found.paths]
    if found.price_lists:
        lines.append(f"{plural(found.price_lists, 'stored price list')} name it and stay as they rated")
    if found.copies:
        lines.append("older copies of the ledger that still hold it:")
        lines += [f"  {printable(str(path))}" for path in found.copies]
    return "\n".join(lines) + "\n"


def as_json(found: Forgotten, *, applied: bool) -> str:
    """The stable document `llmcost/db-forget/1`."""
    document = {
        "schema": "llmcost/db-forget/1",
        "applied": applied,
        "requests": found.requests,
        "cost": None if found.cost is None else plain(found.cost),
        "aggregates": found.buckets,
        "masked": dict(found.masked),
        "remaining": dict(found.remaining),
        "paths": list(found.paths),
        "price_lists": found.price_lists,
        "copies": [str(path) for path in found.copies],
    }
    return dumped(document) + "\n"
