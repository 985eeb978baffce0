"""Write the pages that are looked at: the demo's, and those of a ledger in which every name is an attack.

python -m tools.page.pages FOLDER
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
DASHBOARDS = ("exec", "engineering", "customers")
ATTACKS = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</style><style>*{display:none}</style>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "<!--",
    "]]>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    '=HYPERLINK("https://example.org","x")',
    "\x1b]0;title\x07\x1b[2J",
    "abc\u202egpj.exe",
    "[link=https://example.org]x[/link]",
    "x" * 300,
    "顧客 🎉",
)
"""Names that a page must show and never obey."""


def main() -> None:
    """Write the pages into the folder of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        demo, hostile = Path(scratch) / "demo", Path(scratch) / "hostile"
        hostile.mkdir()
        _llmcost("demo", demo)
        revenue = ROOT / "examples" / "dashboards" / "revenue.csv"
        _llmcost("ingest", "--quiet", "--source", "outcomes", revenue, "--db", demo / "llmcost.duckdb")
        (hostile / "log.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in attacks()), "utf-8")
        _llmcost("ingest", "--quiet", hostile / "log.jsonl", "--db", hostile / "llmcost.duckdb")
        examples = ROOT / "examples" / "dashboards"
        options = ("--config", examples / "llmcost.yaml", "--plans", examples / "plans.yaml", "--as-of", "2026-11-21")
        for name in DASHBOARDS:
            page = ("--output", folder / f"{name}.html")
            _llmcost("dashboard", name, "--savings", *options, "--db", demo / "llmcost.duckdb", *page)
            page = ("--output", folder / f"hostile-{name}.html")
            _llmcost("dashboard", name, *options, "--db", hostile / "llmcost.duckdb", *page)


def attacks() -> list[dict[str, object]]:
    """Requests over two months whose every name is an attack."""
    return [
        {
            "timestamp": f"2026-{10 + number % 2}-{1 + number % 20:02}T08:00:00Z",
            "request_id": f"attack-{number}",
            "provider": "openai",
            "model": "gpt-4o" if number % 3 else text,
            "input_tokens": 1000 + number,
            "output_tokens": 100,
            "latency_ms": 500 + number,
            "status": "error" if number % 7 == 0 else "ok",
            **dict.fromkeys(("customer_id", "user_id", "team", "feature", "environment", "plan", "endpoint"), text),
        }
        for number, text in enumerate(ATTACKS * 25)
    ]


def _llmcost(*arguments: object) -> None:
    subprocess.run([sys.executable, "-m", "llmcost", *map(str, arguments)], check=True, capture_output=True)  # noqa: S603


if __name__ == "__main__":
    main()
