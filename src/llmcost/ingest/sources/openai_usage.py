"""OpenAI's usage API (`GET /v1/organization/usage/...`): completions, embeddings, images, audio, searches and the like.

Buckets of a minute, an hour or a day in UTC. Input includes cached, cache-write, audio and image tokens, output includes
reasoning. A project, key, model, tier or batch is told only where the export is grouped by it; without `batch`, batches are
priced as if they were not. Counts of calls to tools repeat calls of the completions, so they count no requests. Stored bytes
of vector stores are left out. There is no cost in it. The dashboard's `completions_usage_*.csv` has the same fields. https://platform.openai.com/docs/api-reference/usage
"""

from llmcost.ingest.source import Source
from llmcost.ingest.sources._usage_pages import SPAN, is_openai, results

_KIND = "regexp_extract(@object, '^organization\\.usage\\.(\\w+)\\.result$', 1)"
_AUDIO_IN, _IMAGE_IN = "coalesce(#input_audio_tokens, 0)", "coalesce(#input_image_tokens, 0)"
_AUDIO_OUT, _IMAGE_OUT = "coalesce(#output_audio_tokens, 0)", "coalesce(#output_image_tokens, 0)"
_COMPLETIONS = "@object = 'organization.usage.completions.result'"

source = Source(
    title="OpenAI usage API",
    grain="bucket",
    revision=2,
    issuer="'openai'",
    claims="@llmcost_bucket = 'openai' and (starts_with(@object, 'organization.usage.') or @object = 'openai.nothing')",
    keeps="not one_of(@object, 'organization\\.usage\\.vector_stores\\.result|openai\\.nothing')",
    steps={
        "cached": "coalesce(#input_cached_tokens, 0)",
        "written": "coalesce(#input_cache_write_tokens, 0)",
        "uncached": "coalesce(#input_uncached_tokens, beyond(#input_tokens, coalesce(#input_cached_tokens, 0) "
        "+ coalesce(#input_cache_write_tokens, 0)))",
    },
    fields={
        **SPAN,
        "scope": _KIND,
        "provider": "'openai'",
        "request_model": "filled(@model)",
        "operation": f"""case {_KIND}
            when 'embeddings' then 'embeddings' when 'moderations' then 'moderation' when 'images' then 'image'
            when 'audio_speeches' then 'speech' when 'audio_transcriptions' then 'transcription' else 'chat' end""",
        "processing": "case when lower(@batch) = 'true' then 'batch' end",
        "service_tier": "filled(@service_tier)",
        "unit_size": "coalesce(filled(@size), filled(@context_level))",
        "project": "filled(@project_id)",
        "api_key_id": "filled(@api_key_id)",
        # Tools are called by model requests that the completions count already.
        "requests": f"case when not one_of({_KIND}, 'web_searches|file_searches') then #num_model_requests end",
        "uncached_input_tokens": f"beyond($uncached, {_AUDIO_IN} + {_IMAGE_IN})",
        "cache_read_tokens": f"case when {_COMPLETIONS} then beyond($cached, coalesce(#input_cached_audio_tokens, 0)) end",
        "cache_write_5m_tokens": f"case when {_COMPLETIONS} then $written end",
        "output_text_tokens": f"beyond(#output_tokens, {_AUDIO_OUT} + {_IMAGE_OUT})",
        "input_audio_tokens": f"nullif({_AUDIO_IN}, 0)",
        "cache_read_audio_tokens": "nullif(#input_cached_audio_tokens, 0)",
        "input_image_tokens": f"nullif({_IMAGE_IN}, 0)",
        "output_audio_tokens": f"nullif({_AUDIO_OUT}, 0)",
        "output_image_tokens": f"nullif({_IMAGE_OUT}, 0)",
        "images": "#images",
        "characters": "#characters",
        "audio_seconds": "try_cast(@seconds as decimal(18, 6))",
        "code_sessions": "#num_sessions",
        "web_searches": f"case when {_KIND} = 'web_searches' then #num_requests end",
        "file_searches": f"case when {_KIND} = 'file_searches' then #num_requests end",
    },
    tags=("pair('user_id', @user_id)", "pair('image_source', @source)", "pair('vector_store', @vector_store_id)"),
    recognises_stream=is_openai,
    stream=results,
)
