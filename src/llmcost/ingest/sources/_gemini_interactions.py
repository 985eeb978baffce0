"""An interaction of Gemini's Interactions API, bare or inside a stream event.

The input includes what was read from a cache and excludes what tools added, the output excludes thoughts: the total is the
sum of input, output, tool use and thoughts.
"""

from llmcost.ingest.sources._gemini import USAGE_FIELDS, billed_searches

_STATUS = {
    "failed": "error",
    "cancelled": "cancelled",
    "incomplete": "incomplete",
    "budget_exceeded": "incomplete",
    "requires_continuation": "incomplete",
}


def steps(body: str = "") -> dict[str, str]:
    """Steps for the body at path prefix `body` (empty, or ending in a dot)."""
    usage = f"{body}usage"

    def count(name: str) -> str:
        return f"coalesce(#{usage}.total_{name}_tokens, 0)"

    def modality(kind: str, name: str) -> str:
        return f"coalesce(listed_count(@{usage}.{kind}_tokens_by_modality:json, 'modality', '{name}', 'tokens'), 0)"

    def searches(tool: str) -> str:
        return f"listed_count(@{usage}.grounding_tool_count:json, 'type', '{tool}', 'count')"

    return {
        "prompt": f"#{usage}.total_input_tokens",
        "cached": count("cached"),
        "tools": count("tool_use"),
        "answer": count("output"),
        "thoughts": count("thought"),
        "audio_in": modality("input", "audio"),
        "image_in": modality("input", "image"),
        "audio_cached": modality("cached", "audio"),
        "image_cached": modality("cached", "image"),
        "audio_out": modality("output", "audio"),
        "image_out": modality("output", "image"),
        "searches": searches("google_search"),
        "maps": searches("google_maps"),
    }


def fields(body: str = "") -> dict[str, str]:
    """Columns for the body at that prefix."""
    cases = " ".join(f"when '{theirs}' then '{ours}'" for theirs, ours in _STATUS.items())
    return {
        "request_id": f"filled(@{body}id)",
        "started_at": f"@{body}created:time",
        # An agent does not say which models it asked.
        "response_model": f"coalesce(filled(@{body}model), filled(@{body}agent))",
        "service_tier": f"filled(@{body}service_tier)",
        "final": f"coalesce(@{body}status not in ('queued', 'in_progress'), true)",
        "status": f"case @{body}status {cases} else 'ok' end",
        **USAGE_FIELDS,
        "web_searches": billed_searches("$searches", f"coalesce(@{body}model, '')"),
        # The prompt is billed, not the places.
        "map_searches": "case when $maps > 0 then 1 end",
    }


def tags(body: str = "") -> tuple[str, ...]:
    """Tags for the body at that prefix."""
    return (f"pairs_of(@{body}labels:json)",)
