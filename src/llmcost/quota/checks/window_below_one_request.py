"""A token limit so small that one ordinary request exceeds it.

A prompt with some context and its answer easily use 4,096 tokens. A window that holds fewer lets one request through and then
refuses everybody, or refuses large requests always.

Fix: raise the limit, or lengthen the window. `llmcost report --metrics input_tokens,output_tokens,requests` tells what requests
use.
"""

from collections.abc import Iterator

from llmcost.quota.check import Check, Known
from llmcost.quota.config import Config
from llmcost.quota.problem import Problem

_ORDINARY = 4_096
_TINY = 100


def find(config: Config, known: Known) -> Iterator[Problem]:
    """Token limits of a minute or less that hold no ordinary request."""
    for limit in config.limits:
        seconds = limit.window.seconds
        if limit.unit != "tokens" or limit.amount is None or seconds is None or seconds > 60:
            continue
        if _TINY <= limit.amount < _ORDINARY:
            yield Problem(
                at=limit.place("amount"),
                message=f"{limit.amount:,f} tokens per {limit.window.name} hold no request of {_ORDINARY:,} tokens",
                help="a prompt with some context is larger; raise the limit",
                rule_id=limit.id,
            )


check = Check(code="QL305", severity="warning", confidence="maybe", of_config=find)
