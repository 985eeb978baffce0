"""A draft of the glossary from what a ledger holds."""

from llmcost.config.quoting import scalar
from llmcost.domain.credentials import CREDENTIAL
from llmcost.tags.usage import KeyUse, Usage
from llmcost.tags.words import is_snake

_LISTED = 12
"""Up to so many values a key's list is drafted; more are ids, or will be others tomorrow."""


def draft(found: Usage) -> str:
    """The section `tags:` as YAML, to be completed by people: what each key means is not in a ledger."""
    lines = ["tags:", "  glossary:"]
    for key in found.keys:
        if CREDENTIAL.search(key.key):
            continue
        lines.append(f"    {scalar(key.key)}:")
        lines.append(f'      description: ""  # {key.requests:,} of {found.requests:,} requests')
        if key.fills is not None and key.fills != key.key:
            lines[-1] += f"; fills {key.fills}"
        if not is_snake(key.key):
            lines[-1] += "; not snake_case"
        if key.requests == found.requests:
            lines.append("      required: true")
        if _is_list(key):
            values = ", ".join(scalar(value) for value in sorted(one.value for one in key.values))
            lines.append(f"      values: [{values}]")
    return "\n".join(lines if len(lines) > 2 else ["tags:", "  glossary: {}"]) + "\n"


def _is_list(key: KeyUse) -> bool:
    """Whether a key's values are few, and none is a credential, which belongs into no configuration."""
    few = key.distinct <= _LISTED and key.distinct * 5 <= key.requests
    return few and not any(CREDENTIAL.search(one.value) for one in key.values)
