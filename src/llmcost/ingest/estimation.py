"""Usage for a body that has text and no usage: counted by a tokenizer where one is at hand, else estimated.

A stream stopped early, a proxy that drops `usage`: the call was billed all the same, and unknown is not zero. The row says
`tokenizer` or `estimate`. Chat adds three tokens a message and three for the reply
(https://github.com/openai/openai-cookbook, "How to count tokens with tiktoken").
"""

from collections.abc import Iterator, Mapping
from typing import Any

from llmcost.ingest.source import Record

MARK = "llmcost_estimated"
"""Key set on a body once its usage has been looked for: `tokenizer`, `estimate`, or `no text`."""

_PER_MESSAGE = 3
_REQUESTS = ("request", "request_body", "proxy_server_request", "input", "params")


def estimated(body: Record, envelope: Record) -> Iterator[Record]:
    """The chat body with usage counted from its own text and the request the log kept beside it."""
    from llmcost.pricing.tokenizer import count_tokens

    model = body.get("model")
    if not isinstance(model, str):
        model = None
    answer = "".join(_texts(body.get("choices")))
    if not answer:
        yield {**body, MARK: "no text"}
        return
    output, origin = count_tokens(answer, model)
    usage: dict[str, int] = {"completion_tokens": output}
    prompt = _prompt(envelope)
    if prompt is not None:
        counted = [count_tokens(text, model) for text in prompt]
        usage["prompt_tokens"] = sum(count for count, _ in counted) + _PER_MESSAGE * (len(prompt) + 1)
        origin = min((origin, *(how for _, how in counted)))
    yield {**body, "usage": usage, MARK: origin}


def _prompt(envelope: Record) -> list[str] | None:
    """The text of each message of the request, or None when the log did not keep it."""
    for key in _REQUESTS:
        request = envelope.get(key)
        if isinstance(request, Mapping):
            messages = request.get("messages", request.get("prompt"))
            if isinstance(messages, str):
                return [messages]
            if isinstance(messages, list):
                return ["".join(_texts(message)) for message in messages]
    messages = envelope.get("messages")
    return ["".join(_texts(message)) for message in messages] if isinstance(messages, list) else None


def _texts(value: Any) -> Iterator[str]:
    """Text under the keys that hold it, wherever they are."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, Mapping):
        for key in ("content", "text", "message", "delta", "arguments", "function", "tool_calls", "refusal"):
            if key in value:
                yield from _texts(value[key])
