"""A rule for a model nobody asked for.

A model is limited under the name callers ask for, which is often an alias or has its provider in front: `openai-main/gpt-4o` and
`gpt-4o` are two names. It is an error where the price list does not know the model either, under its whole name or without what
stands before the last slash: then the name is probably misspelt.

Fix: write the name as requests have it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost.quota.check import Check, Known
from llmcost.quota.checks._data import near, written
from llmcost.quota.matching import pattern_covers
from llmcost.quota.models import named_model
from llmcost.quota.problem import Problem

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator

    from llmcost.quota.config import Config
    from llmcost.quota.history import History


def find(config: Config, history: History, known: Known) -> Iterator[Problem]:
    """Models no past request asked for."""
    seen = history.values("model")
    if not seen:
        return
    for limit in config.rules:
        names = {name for condition in limit.match.on("model") for name in condition.values or ()}
        for name in sorted(names):
            if any(pattern_covers(name, asked) for asked in history.model_names):
                continue
            prices = None if "*" in name else known.load_prices()
            priced = prices is None or named_model(prices, name, known.now) is not None
            yield Problem(
                at=written(limit, name),
                message=f"model `{name}` is asked for by none of the {history.words}"
                + ("" if priced else ", and the price list does not know it"),
                help=_meant(name, seen),
                rule_id=limit.id,
                severity=None if priced else "error",
            )


def _meant(name: str, seen: Counter[str]) -> str | None:
    bare = name.rpartition("/")[2]
    return f"did you mean '{bare}' ({seen[bare]:,} requests)?" if bare in seen else near(name, seen)


check = Check(code="QU602", severity="warning", confidence="needs-data", of_history=find)
