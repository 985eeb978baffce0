"""What is priced: each unit, the column of a request that counts it, the part of the cost it belongs to, and its name."""

QUANTITIES = {
    "input": "uncached_input_tokens",
    "cache_read": "cache_read_tokens",
    "cache_write_5m": "cache_write_5m_tokens",
    "cache_write_1h": "cache_write_1h_tokens",
    "output": "output_text_tokens",
    "reasoning": "reasoning_tokens",
    "input_audio": "input_audio_tokens",
    "output_audio": "output_audio_tokens",
    "cache_read_audio": "cache_read_audio_tokens",
    "input_image": "input_image_tokens",
    "output_image": "output_image_tokens",
    "web_search": "web_searches",
    "rerank_search": "rerank_searches",
    "image": "images",
    "page": "pages",
    "character": "characters",
    "audio_hour": "audio_seconds",
    "citation": "citation_tokens",
    "file_search": "file_searches",
    "map_search": "map_searches",
    "code_session": "code_sessions",
    "video_second": "video_seconds",
}
"""Unit -> column of the request that counts it."""

SECONDS = {"audio_hour": 3600, "video_second": 1}
"""Units of time, in seconds."""

PROMPT_UNITS = (
    "input",
    "cache_read",
    "cache_write_5m",
    "cache_write_1h",
    "input_audio",
    "cache_read_audio",
    "input_image",
)
"""Units that make up the prompt whose size picks the tier."""

COMPONENTS: dict[str, tuple[str, ...]] = {
    "input_cost": ("input", "citation"),
    "cache_read_cost": ("cache_read",),
    "cache_write_cost": ("cache_write_5m", "cache_write_1h"),
    "output_cost": ("output",),
    "reasoning_cost": ("reasoning",),
    "audio_cost": ("input_audio", "output_audio", "cache_read_audio"),
    "image_cost": ("input_image", "output_image"),
}
"""Column of the request -> units whose amounts it holds, rounded together; the rest is `unit_cost`."""

GAPS = {
    "input": "input",
    "cache_read": "cache read",
    "cache_write_5m": "cache write",
    "cache_write_1h": "1h cache write",
    "output": "output",
    "reasoning": "reasoning",
    "input_audio": "audio input",
    "output_audio": "audio output",
    "cache_read_audio": "cached audio",
    "input_image": "image input",
    "output_image": "image output",
    "request": "request",
    "web_search": "web search",
    "rerank_search": "rerank search",
    "image": "image",
    "page": "page",
    "character": "character",
    "audio_hour": "audio",
    "citation": "citation",
    "file_search": "file search",
    "map_search": "map search",
    "code_session": "code session",
    "video_second": "video",
}
"""Unit -> how reasons call it; its position is its bit in `gaps`."""
