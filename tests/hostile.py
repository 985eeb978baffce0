"""Names nobody should have, and somebody will: what every output is tried with.

Each is a value a client can send as a customer, a team or a tag. None may become markup, a command, a formula, a second
line or a second column of anything.
"""

import re

NAMES = {
    "script": "</script><script>alert(1)</script>",
    "handler": '"><img src=x onerror=alert(1)>',
    "entity": "&lt;b&gt; &amp; &#x3c;",
    "markup": "[bold red]red[/bold red] [/] [link=http://evil.example]x[/link]",
    "ansi": "\x1b[31mred\x1b[0m\x1b[2J",
    "title": "\x1b]0;owned\x07",
    "c1": "\x9b31mred",
    "formula": "=1+1",
    "command": "=cmd|' /C calc'!A0",
    "plus": "+1+1",
    "minus": "-1+1",
    "at": "@SUM(1+1)",
    "tab": "\t=1+1",
    "fullwidth": "\N{FULLWIDTH EQUALS SIGN}1+1",
    "lines": "two\nlines\r\nand a half\r",
    "separators": "line\u2028and paragraph\u2029",
    "rtl": "abc\u202egpj.exe",
    "isolate": "\u2066left\u2069",
    "zero width": "zero\u200bwidth\ufeff",
    "nul": "nul\x00byte",
    "quotes": "\"double\" 'single' `back` \\slash\\",
    "columns": "a,b;c\td|e",
    "markdown": "*star* _under_ [x](http://evil.example) <b>",
    "exposition": '} 1\n# EOF\nevil{a="b"} 2',
    "number": "-0",
    "json": '{"a": [1]}',
    "other": "(other)",
    "unattributed": "(unattributed)",
    "long": "long " * 8000,
    "emoji": "🎉\N{ZERO WIDTH JOINER}é 顧客 株式会社",
    "sql": "'; drop table request; --",
    "path": "../../etc/passwd",
    "excel": "_x000D_ ='sheet'!A1",
}
"""What it tries -> the name."""

COMMANDS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
"""What may reach no terminal and no page; line ends and tabs are the format's own."""

FORMULA = re.compile(
    "^[=+\\-@\t\r\n\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}]"
)
"""What a spreadsheet takes for a formula."""

DIMENSIONS = (
    *("provider", "model", "operation", "service_tier", "processing", "speed", "inference_region", "unit_size"),
    *("error_type", "customer_id", "user_id", "team", "feature", "environment", "business_unit", "endpoint", "plan"),
    *("workflow", "prompt_name", "prompt_version", "api_key_id", "virtual_account", "project", "session_id"),
    *("trace_id", "parent_id", "prompt_hash", "request_id", "issuer", "source", "reported_by"),
)
"""Columns of a request a log can fill with any text."""


def fill(connection):
    """Put a request for every name into a ledger, the name in every one of `DIMENSIONS` and in a tag."""
    named = ", ".join(f"name as {column}" for column in (*DIMENSIONS, "request_model", "response_model"))
    connection.execute(
        f"""
        insert into request by name
        select
            uuid() as row_key, 0 as part, 1 as ingest_id, timestamp '2026-11-01 10:00:00' as started_at,
            'log' as time_origin, true as final, 'ok' as status, false as gateway_cached, 'billed' as usage_origin,
            'metered' as charge_basis, to_json({{'label': name}}) as tags, 10 as uncached_input_tokens,
            5 as output_text_tokens, 0.25 as input_cost, 0.75 as output_cost, 1 as cost, 'priced' as cost_status,
            'openai/gpt-5@2026-01-01' as price_id, {named}
        from (select unnest($names::varchar[]) as name)
        """,
        {"names": list(NAMES.values())},
    )
