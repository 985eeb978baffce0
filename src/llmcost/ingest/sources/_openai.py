"""OpenAI's usage objects and their dialects: Chat Completions, Responses, batches of either.

Input includes cache reads and cache writes, output includes reasoning. Dialects differ in where they put what was read
from a cache, and proxies of Anthropic's models leave it out of the input, as the total shows. Some leave reasoning out of
the output: then the total is larger than its parts, and the rest is reasoning, billed as output.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """Names inside a usage object."""

    input: str
    output: str
    input_details: str
    output_details: str
    cached: tuple[str, ...] = ()
    """Other places for tokens read from a cache."""
    written: tuple[str, ...] = ()
    """Other places for tokens written to a cache."""
    aside: tuple[str, ...] = ()
    """Marks of a provider whose own `reasoning_tokens` are no part of the output."""


CHAT = Dialect(
    input="prompt_tokens",
    output="completion_tokens",
    input_details="prompt_tokens_details",
    output_details="completion_tokens_details",
    # DeepSeek, Mistral, Moonshot, and proxies that serve Anthropic's models in this shape.
    cached=("prompt_cache_hit_tokens", "num_cached_tokens", "cached_tokens", "cache_read_input_tokens"),
    written=("cache_creation_input_tokens",),
    # Perplexity: https://docs.perplexity.ai/getting-started/pricing
    aside=("num_search_queries", "citation_tokens"),
)
RESPONSES = Dialect(
    input="input_tokens",
    output="output_tokens",
    input_details="input_tokens_details",
    output_details="output_tokens_details",
)


def usage_steps(usage: str, *dialects: Dialect, elsewhere: str | None = None) -> dict[str, str]:
    """What the usage object at path `usage` says; with several dialects, in whichever it speaks.

    `elsewhere` is the path of one that a stream may have instead.
    """
    usages = [usage] if elsewhere is None else [usage, elsewhere]

    def counts(paths: Iterable[str]) -> list[str]:
        names = list(paths)
        return [f"#{place}.{name}" for place in usages for name in names]

    def count(paths: Iterable[str]) -> str:
        return f"coalesce({', '.join([*counts(paths), '0'])})"

    def largest(paths: Iterable[str]) -> str:
        return f"coalesce(greatest({', '.join(counts(paths))}), 0)"

    def details(kind: str, name: str) -> list[str]:
        return [f"{getattr(dialect, kind)}.{name}" for dialect in dialects]

    def first(paths: Iterable[str]) -> str:
        found = counts(paths)
        return f"coalesce({', '.join(found)})" if len(found) > 1 else found[0]

    prompt, completion = (first(getattr(dialect, name) for dialect in dialects) for name in ("input", "output"))
    total = first(["total_tokens"])
    # Mistral repeats its count under another name, not always both times.
    cached = largest([*details("input_details", "cached_tokens"), *(name for d in dialects for name in d.cached)])
    written = largest(
        [*details("input_details", "cache_write_tokens"), *(name for d in dialects for name in d.written)]
    )
    stated = count([*details("output_details", "reasoning_tokens"), *("reasoning_tokens" for d in dialects if d.aside)])
    parts = f"({cached} + {written})"
    used = f"({prompt} + coalesce({completion}, 0))"
    outside = beside_prompt(parts, prompt, total=total, used=used, reasoning=stated)
    unexplained = f"greatest(coalesce({total}, 0) - {used} - {outside}, 0)"
    marks = [mark for dialect in dialects for mark in counts(dialect.aside)]
    if marks:
        unexplained = (
            f"case when {' or '.join(f'{mark} is not null' for mark in marks)} then {stated} else {unexplained} end"
        )
    return {
        "prompt": prompt,
        "completion": completion,
        "cached": cached,
        "written": written,
        "fresh": f"{prompt} + {outside} - {parts}",
        "reasoning": stated,
        "hidden": f"coalesce({unexplained}, 0)",
        "audio_in": count(details("input_details", "audio_tokens")),
        "image_in": count(details("input_details", "image_tokens")),
        "audio_out": count(details("output_details", "audio_tokens")),
        "image_out": count(details("output_details", "image_tokens")),
    }


def beside_prompt(parts: str, prompt: str, *, total: str, used: str, reasoning: str, stated: str = "false") -> str:
    """SQL for the cached tokens that the prompt does not include: all of `parts`, or 0.

    A prompt smaller than what was cached of it did not include it, nor did one that makes up the total together with it and
    the output (`used` is prompt and output). Where the reasoning makes it up as well, it is that which stands beside the
    others. `stated` is what else says so.
    """
    shown = f"{total} = {used} + {parts} and {reasoning} <> {parts}"
    return f"(case when {stated} or {parts} > {prompt} or ({shown}) then {parts} else 0 end)"


_KNOWN = "$prompt is not null or $completion is not null"

USAGE_FIELDS = {
    # Audio and image counts include what was cached of them; the cached share is priced as cached.
    "uncached_input_tokens": "case when $fresh is not null then greatest($fresh - $audio_in - $image_in, 0) end",
    "input_audio_tokens": "nullif(least($audio_in, $fresh), 0)",
    "input_image_tokens": "nullif(least($image_in, greatest($fresh - $audio_in, 0)), 0)",
    "cache_read_tokens": f"case when {_KNOWN} then $cached end",
    "cache_write_5m_tokens": f"case when {_KNOWN} then $written end",
    "cache_write_1h_tokens": f"case when {_KNOWN} then 0 end",
    "output_text_tokens": f"case when {_KNOWN} then "
    "beyond(coalesce($completion, 0), greatest($reasoning - $hidden, 0) + $audio_out + $image_out) end",
    "reasoning_tokens": f"case when {_KNOWN} then greatest($reasoning, $hidden) end",
    "output_audio_tokens": "nullif($audio_out, 0)",
    "output_image_tokens": "nullif($image_out, 0)",
}
"""Columns from `usage_steps`; all null where the record carries no usage."""

TICKS = "0.0000000001::decimal(10, 10)"
"""xAI counts money in ticks of 1e-10 USD (https://docs.x.ai/developers/cost-tracking)."""


def billed_fields(body: str = "", *, perplexity: bool = False) -> dict[str, str]:
    """Columns for what the provider itself says it charged: OpenRouter, xAI, Perplexity.

    With a customer's own upstream key OpenRouter charges a fee and the upstream sends the bill, so the two together are
    only a claim (https://openrouter.ai/docs/use-cases/byok).
    """
    usage = f"{body}usage"
    own_key = f"lower(@{usage}.is_byok) = 'true'"
    paid = [
        f"try_cast(@{usage}.cost_in_usd_ticks as decimal(20, 0)) * {TICKS}",
        f"case when {openrouter(body)} and coalesce(not {own_key}, true) then amount(@{usage}.cost) end",
    ]
    if perplexity:
        paid.append(f"amount(@{usage}.cost.total_cost)")
    claim = f"sum_amount(@{usage}.cost) + amount(@{usage}.cost_details.upstream_inference_cost)"
    return {
        "billed_cost": f"coalesce({', '.join(paid)})",
        "reported_cost": f"case when {own_key} then {claim} end",
        "reported_currency": f"case when {own_key} then 'USD' end",
        "reported_by": f"case when {own_key} then 'openrouter' end",
    }


def openrouter(body: str = "") -> str:
    """SQL predicate: OpenRouter answered."""
    usage = f"{body}usage"
    return f"(@{usage}.is_byok is not null or @{usage}.cost_details is not null or coalesce(starts_with(@{body}id, 'gen-'), false))"


def provider(body: str = "", *more: str) -> str:
    """SQL for who answered, where the dialect proves it; `more` are further CASE branches."""
    usage = f"{body}usage"
    branches = [
        # With the customer's own key the upstream invoices.
        f"when lower(@{usage}.is_byok) = 'true' then filled(@{body}provider)",
        f"when {openrouter(body)} then 'openrouter'",
        f"when @{usage}.cost_in_usd_ticks is not null then 'x-ai'",
        *more,
    ]
    return f"case {' '.join(branches)} end"


RESPONSE_STATUS = {"failed": "error", "cancelled": "cancelled", "incomplete": "incomplete"}
"""Status of a Responses body -> ours; anything else is ok."""


def response_status(body: str = "") -> str:
    """SQL for our status of a Responses body."""
    cases = " ".join(f"when '{theirs}' then '{ours}'" for theirs, ours in RESPONSE_STATUS.items())
    return f"case @{body}status {cases} else 'ok' end"


PREVIEW_SEARCH = "web_search_preview"
"""How the type of the earlier search tool begins; a version may follow."""


def _items(body: str, kind: str, more: str = "true") -> str:
    """SQL for the output items of a type; null without a look at the list where the type does not occur in it."""
    output = f"@{body}output:json"
    return f"""case when contains({output}::varchar, '{kind}') then list_filter(json_extract({output}, '$[*]'),
        lambda item: json_extract_string(item, '/type') = '{kind}' and {more}) end"""


def tool_fields(body: str = "") -> dict[str, str]:
    """Columns for what the tools of a Responses body bill by the call.

    Opening and scanning a page are actions of a search too, but free
    (https://platform.openai.com/docs/guides/tools-web-search). A container is billed once, however much code it runs; one
    that lives on through several answers is counted in each of them, for no body says when it was started
    (https://platform.openai.com/docs/guides/tools-code-interpreter). Images of the image tool are billed as the image
    model's tokens, which the body does not count. A search by the earlier tool has a fee of its own with models that do not
    reason (https://developers.openai.com/api/docs/pricing); only the tools that the body repeats tell which it was.
    """
    searched = "coalesce(json_extract_string(item, '/action/type'), 'search') = 'search'"
    done = "json_extract_string(item, '/status') is distinct from 'failed'"
    containers = f"""list_distinct(list_transform({_items(body, "code_interpreter_call")},
        lambda item: coalesce(json_extract_string(item, '/container_id'), '')))"""
    images = _items(body, "image_generation_call", done)
    size = f"""concat_ws(' ', json_extract_string(list_extract({images}, 1), '/size'),
        json_extract_string(list_extract({images}, 1), '/quality'))"""
    searches = f"nullif(len({_items(body, 'web_search_call', searched)}), 0)"
    tools = f"@{body}tools:json"
    earlier = f"""case when contains({tools}::varchar, '{PREVIEW_SEARCH}') and {searches} is not null then
        len(list_filter(json_extract({tools}, '$[*]'),
            lambda tool: starts_with(json_extract_string(tool, '/type'), '{PREVIEW_SEARCH}'))) > 0 end"""
    return {
        "web_searches": searches,
        "file_searches": f"nullif(len({_items(body, 'file_search_call')}), 0)",
        "code_sessions": f"nullif(len({containers}), 0)",
        "images": f"nullif(len({images}), 0)",
        "unit_size": f"case when {earlier} then '{PREVIEW_SEARCH}' else nullif({size}, '') end",
    }
