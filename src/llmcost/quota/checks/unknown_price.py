"""A rule is for a model that has no price.

What it may cost at most cannot be told.

Fix: add the model to a price file, or mend the name.
"""

from collections.abc import Iterator

from llmcost.quota.check import Check, Known
from llmcost.quota.config import Config
from llmcost.quota.models import named_model
from llmcost.quota.problem import Problem


def find(config: Config, known: Known) -> Iterator[Problem]:
    """Models the price list has no price of today."""
    names = {
        (limit.rule, name): limit
        for limit in config.rules
        for condition in limit.match.on("model")
        for name in condition.values or ()
        if "*" not in name
    }
    prices = known.load_prices() if names else None
    if prices is None:
        return
    for (_, name), limit in sorted(names.items()):
        model = named_model(prices, name, known.now)
        if model is None or model.price_at(known.now) is None:
            yield Problem(
                at=limit.place("model", "when", "id"), message=f"no price for model `{name}`", rule_id=limit.id,
                help="add it to a price file, or mend the name",
            )  # fmt: skip


check = Check(code="QX703", severity="info", of_config=find)
