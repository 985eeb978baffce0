"""Which smaller model of the same maker answers simple calls, as its maker positions them.

Never a claim that it answers as well: whoever moves traffic tests that first. Ids without provider, as in the price list.
https://platform.openai.com/docs/models https://docs.anthropic.com/en/docs/about-claude/models https://ai.google.dev/gemini-api/docs/models
"""

import re

_FAMILIES = (
    (r"gpt-4o(-\d{4}-\d{2}-\d{2})?", "gpt-4o-mini"),
    (r"chatgpt-4o-latest", "gpt-4o-mini"),
    (r"gpt-4(-turbo)?(-.*)?", "gpt-4.1-mini"),
    (r"gpt-4\.1(-\d{4}-\d{2}-\d{2})?", "gpt-4.1-mini"),
    (r"gpt-5(-\d{4}-\d{2}-\d{2})?", "gpt-5-mini"),
    (r"gpt-5\.\d(-\d{4}-\d{2}-\d{2})?", "gpt-5-mini"),
    (r"claude-(3-)?opus-.*", "claude-sonnet-4-5"),
    (r"claude-3-5-sonnet-.*|claude-3-7-sonnet-.*|claude-sonnet-.*", "claude-haiku-4-5"),
    (r"gemini-(1\.5|2\.5)-pro(-.*)?", "gemini-2.5-flash"),
    (r"gemini-2\.5-flash", "gemini-2.5-flash-lite"),
    (r"mistral-large(-.*)?", "mistral-small-latest"),
)


def smaller(model: str) -> str | None:
    """The model to try instead; None where none is known."""
    return next((target for pattern, target in _FAMILIES if re.fullmatch(pattern, model)), None)
