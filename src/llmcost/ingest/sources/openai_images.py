"""Answers of OpenAI's image generations and edits, and the last events of their streams.

Models with a usage object are billed by its tokens, text and image apart; for the others the images count, priced by size
and quality (https://platform.openai.com/docs/api-reference/images/object). The body states neither id nor model: the
envelope does.
"""

from llmcost.ingest.source import Source

_EVENT = "coalesce(one_of(@type, 'image_(generation|edit)[.](partial_image|completed)'), false)"
_KNOWN = "$input is not null or $output is not null"

source = Source(
    title="OpenAI images",
    issuer="'openai'",
    revision=2,
    claims="(@created is not null and @object is null "
    "and coalesce(json_extract_string(@data:json, '/0/b64_json'), json_extract_string(@data:json, '/0/url')) is not null) "
    f"or ({_EVENT} and @created_at is not null)",
    keeps="coalesce(not ends_with(@type, '.partial_image'), true)",
    body=True,
    steps={
        "input": "#usage.input_tokens",
        "output": "#usage.output_tokens",
        "image_in": "coalesce(#usage.input_tokens_details.image_tokens, 0)",
        "text_out": "coalesce(#usage.output_tokens_details.text_tokens, 0)",
    },
    fields={
        "started_at": "coalesce(@created:time, @created_at:time)",
        "response_model": "filled(@model)",
        "operation": "'image'",
        "stream": f"case when {_EVENT} then true end",
        "uncached_input_tokens": "beyond($input, $image_in)",
        "input_image_tokens": "nullif($image_in, 0)",
        "cache_read_tokens": f"case when {_KNOWN} then 0 end",
        "cache_write_5m_tokens": f"case when {_KNOWN} then 0 end",
        "cache_write_1h_tokens": f"case when {_KNOWN} then 0 end",
        "output_text_tokens": f"case when {_KNOWN} then $text_out end",
        "output_image_tokens": "nullif(beyond($output, $text_out), 0)",
        "reasoning_tokens": f"case when {_KNOWN} then 0 end",
        "images": f"case when not ({_KNOWN}) then case when {_EVENT} then 1 else json_array_length(@data:json) end end",
        "unit_size": "nullif(concat_ws(' ', @size, @quality), '')",
    },
)
