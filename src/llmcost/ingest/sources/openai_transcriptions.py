"""Answers of OpenAI's transcriptions, whole or as the event that ends a stream.

Newer models are billed by the token, with audio inside the input; Whisper by the second
(https://platform.openai.com/docs/api-reference/audio/json-object). The body states neither id, model nor time: the envelope
does, or `--at`.
"""

from llmcost.ingest.source import Source

_KNOWN = "$input is not null or $output is not null"

source = Source(
    title="OpenAI transcriptions",
    issuer="'openai'",
    claims="@text is not null and one_of(@usage.type, 'tokens|duration')",
    body=True,
    weak_ids=True,
    steps={
        "input": "#usage.input_tokens",
        "output": "#usage.output_tokens",
        "audio": "coalesce(#usage.input_token_details.audio_tokens, 0)",
    },
    fields={
        "response_model": "filled(@model)",
        "operation": "'transcription'",
        "stream": "case when @type = 'transcript.text.done' then true end",
        "uncached_input_tokens": "beyond($input, $audio)",
        "input_audio_tokens": "nullif($audio, 0)",
        "cache_read_tokens": f"case when {_KNOWN} then 0 end",
        "cache_write_5m_tokens": f"case when {_KNOWN} then 0 end",
        "cache_write_1h_tokens": f"case when {_KNOWN} then 0 end",
        "output_text_tokens": "$output",
        "reasoning_tokens": f"case when {_KNOWN} then 0 end",
        "audio_seconds": "case when @usage.type = 'duration' then try_cast(@usage.seconds as decimal(18, 6)) end",
    },
)
