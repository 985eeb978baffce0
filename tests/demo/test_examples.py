"""The example logs are all described, so that none of them goes untested."""

import json
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"
EXPECTED = json.loads((EXAMPLES / "expected.json").read_text())


def test_every_example_log_is_expected_to_hold_something() -> None:
    files = (path for path in (EXAMPLES / "logs").rglob("*") if path.is_file() and path.suffix != ".yaml")
    logs = {path.relative_to(EXAMPLES).as_posix() for path in files}
    folders = [name for name in EXPECTED if (EXAMPLES / name).is_dir()]
    described = {log for log in logs if log in EXPECTED or log.startswith(tuple(f"{folder}/" for folder in folders))}
    assert logs == described
    assert all((EXAMPLES / name).exists() for name in EXPECTED)


def test_every_example_log_is_in_the_readme() -> None:
    readme = (EXAMPLES / "README.md").read_text()
    assert [name for name in EXPECTED if name not in readme] == []


def test_cached_and_reasoning_tokens_are_part_of_the_totals() -> None:
    for name, counts in EXPECTED.items():
        assert counts["cache_read_tokens"] + counts["cache_write_tokens"] <= counts["input_tokens"], name
        assert counts["reasoning_tokens"] <= counts["output_tokens"], name
        assert sum(counts["by_status"].values()) == counts["requests"], name
