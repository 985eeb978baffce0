"""Cohere's own answers: chat (v1 and v2, and the event that ends a stream), embed, rerank and classify.

`billed_units` is what the invoice counts; `tokens` is what went through the model, templates and cached prompt included,
and is not billed. No discount for `cached_tokens` is published, so nothing counts as read from a cache
(https://docs.cohere.com/docs/how-does-cohere-pricing-work, https://docs.cohere.com/reference/chat). The body states neither
model nor time: the envelope does, or `--at`.
"""

from llmcost.ingest.source import Source

_PLACES = ("usage.billed_units", "meta.billed_units", "delta.usage.billed_units")


def _billed(name: str) -> str:
    return f"coalesce({', '.join(f'#{place}.{name}' for place in _PLACES)})"


_PRESENT = " or ".join(f"json_type(@{place}:json) = 'OBJECT'" for place in _PLACES)
_KNOWN = "coalesce($input, $output, $searches, $image_tokens) is not null"

source = Source(
    title="Cohere answers",
    issuer="'cohere'",
    claims=_PRESENT,
    body=True,
    steps={
        "input": _billed("input_tokens"),
        "output": _billed("output_tokens"),
        "searches": _billed("search_units"),
        "image_tokens": _billed("image_tokens"),
        "pictures": _billed("images"),
    },
    fields={
        "request_id": "coalesce(filled(@id), filled(@generation_id))",
        "provider": "'cohere'",
        "response_model": "filled(@model)",
        "operation": """case when $searches is not null and $input is null then 'rerank'
            when @embeddings:json is not null or ($image_tokens is not null and $output is null) then 'embeddings' end""",
        "status": """case when one_of(coalesce(@finish_reason, @delta.finish_reason), 'ERROR|ERROR_TOXIC|ERROR_LIMIT|TIMEOUT')
            then 'error' end""",
        "error_type": """case when starts_with(coalesce(@finish_reason, @delta.finish_reason), 'ERROR')
            then coalesce(@finish_reason, @delta.finish_reason) end""",
        "stream": "case when one_of(coalesce(@type, @event_type), 'message-end|stream-end') then true end",
        "uncached_input_tokens": f"case when {_KNOWN} then coalesce($input, 0) end",
        "cache_read_tokens": f"case when {_KNOWN} then 0 end",
        "cache_write_5m_tokens": f"case when {_KNOWN} then 0 end",
        "cache_write_1h_tokens": f"case when {_KNOWN} then 0 end",
        "output_text_tokens": f"case when {_KNOWN} then coalesce($output, 0) end",
        "reasoning_tokens": f"case when {_KNOWN} then 0 end",
        "input_image_tokens": "nullif($image_tokens, 0)",
        # Older embedding models bill by the image, newer ones by its tokens.
        "images": "case when coalesce($image_tokens, 0) = 0 then nullif($pictures, 0) end",
        "rerank_searches": "nullif($searches, 0)",
    },
)
