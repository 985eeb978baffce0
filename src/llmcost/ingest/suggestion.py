"""A first mapping for a file nobody knows: every column, and the field its name suggests."""

import json
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from llmcost.config.yaml import parse_document
from llmcost.domain.errors import DataError, UsageError
from llmcost.ingest.files import LogFile, look_at
from llmcost.ingest.parquet import parquet_items
from llmcost.ingest.reader import NOT_UTF8, read
from llmcost.ingest.source import Record
from llmcost.ledger import database

_SYNONYMS = {
    "timestamp": (
        "timestamp",
        "time",
        "ts",
        "created_at",
        "created",
        "started_at",
        "start_time",
        "date",
        "datetime",
        "@timestamp",
        "when",
    ),
    "ended_at": ("ended_at", "end_time", "completed_at"),
    "request_id": ("request_id", "id", "call", "call_id", "generation_id", "uuid"),
    "provider": ("provider", "vendor", "llm_provider"),
    "model": ("model", "model_name", "model_id", "request_model", "engine", "deployment", "llm"),
    "input_tokens": (
        "input_tokens",
        "prompt_tokens",
        "tokens_in",
        "tokens_prompt",
        "n_context_tokens_total",
        "req_units",
        "input",
    ),
    "output_tokens": (
        "output_tokens",
        "completion_tokens",
        "tokens_out",
        "tokens_completion",
        "n_generated_tokens_total",
        "res_units",
        "output",
    ),
    "cache_read_input_tokens": (
        "cache_read_input_tokens",
        "cached_tokens",
        "cache_read_tokens",
        "tokens_cached",
        "cached_input_tokens",
    ),
    "cache_write_5m_input_tokens": ("cache_creation_input_tokens", "cache_write_tokens"),
    "reasoning_output_tokens": ("reasoning_tokens", "reasoning_output_tokens", "tokens_reasoning"),
    "reported_cost": ("cost", "spend", "cost_usd", "total_cost", "response_cost", "amount", "amount_value", "price"),
    "latency_ms": ("latency_ms", "duration_ms", "response_time_ms", "latency", "duration", "ms"),
    "http_status": ("http_status", "status_code", "response_status"),
    "customer_id": ("customer_id", "customer", "account", "tenant_id", "tenant", "org_id"),
    "user_id": ("user_id", "user", "member", "username"),
    "team": ("team", "team_id", "team_name"),
    "feature": ("feature", "feature_name", "app", "area"),
    "environment": ("environment", "env", "stage"),
}
_SAMPLE = 200


def suggest(path: Path) -> str:
    """A commented mapping file for `path`, as YAML. Raises DataError when it holds no records."""
    if not path.exists():
        raise UsageError(f"no such file: {path}", hint="check the path")
    file = look_at(path, str(path), named=True)
    records = _first_records(file)
    if not records:
        if (foreign := file.foreign) is not None:
            raise DataError(f"{path} is {foreign}")
        raise DataError(f"{path}: no rows or records found", hint="a mapping reads CSV, TSV, JSON lines and Parquet")
    columns: dict[str, object] = {}
    for record in records:
        for name, value in _leaves(record):
            columns.setdefault(name, value)
    lines = [
        f"# how `llmcost ingest --map THIS-FILE {path.name}` reads it; check every line",
        f"title: {_quoted(path.stem)}",
        "fields:",
    ]
    words = {column: _words(column) for column in columns if _can_be_named(column)}
    used: set[str] = set()
    for field, synonyms in _SYNONYMS.items():
        found = next((c for s in synonyms for c, w in words.items() if w == s or w.endswith(f".{s}")), None)
        if found is not None and found not in used:
            used.add(found)
            lines.append(f"  {field + ':':<30} {_quoted(found):<30} # {_example(columns[found])}")
        elif field == "timestamp":
            lines.append(f"  {'timestamp:':<30} {'???':<30} # the column that says when a call began")
        elif field == "reported_cost" and (cents := next((c for c in words if c.lower().endswith("cents")), None)):
            used.add(cents)
            lines.append(
                f"  {'reported_cost:':<30} {f'{{column: {_quoted(cents)}, unit: cents}}':<30} # {_example(columns[cents])}"
            )
    if not any(line.startswith("  provider:") for line in lines):
        lines.append("  # provider: {const: openai}    where every row is one provider's")
    lines.append("tz: UTC                          # of times without an offset")
    lines.append("input_includes_cache: true       # false where input_tokens leaves cached tokens out")
    lines.append("output_includes_reasoning: true  # false where reasoning is counted beside output_tokens")
    rest = [name for name in words if name not in used]
    lines.append("tags:" if rest else "tags: []")
    lines += [f"  - {_quoted(name):<32} # {_example(columns[name])}" for name in rest]
    lines += [
        f"  # left out: a mapping cannot name {json.dumps(_shown(name))}" for name in columns if name not in words
    ]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _first_records(file: LogFile) -> list[Record]:
    if file.format != "parquet":
        return [item[1] for item in islice(read(file), _SAMPLE) if isinstance(item, tuple)]
    with database.connect() as connection:
        return [item[1] for item in islice(parquet_items(connection, file.path), _SAMPLE) if isinstance(item, tuple)]


def _leaves(record: Record, prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, value in record.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{key}.")
        elif not isinstance(value, list):
            yield prefix + key, value


def _words(column: str) -> str:
    """A column as the synonyms are written: `Cost (USD)` as `cost_usd`."""
    return re.sub(r"[^\w.@]+", "_", column.lower()).strip("_")


def _can_be_named(column: str) -> bool:
    return column != "" and '"' not in column and NOT_UTF8 not in column


def _quoted(name: str) -> str:
    """A text as YAML reads it: plain where that is no number, no word of YAML's own, and holds none of its marks."""
    if re.fullmatch(r"\w[\w.-]*", name) and parse_document(f"- {name}", name).value == [name]:
        return name
    return f"'{name.replace(chr(39), chr(39) * 2)}'" if name.isprintable() else json.dumps(name)


def _shown(text: str) -> str:
    return text.replace(NOT_UTF8, "\ufffd")


def _example(value: object) -> str:
    text = " ".join(_shown(str(value)).split())
    return f"such as {text[:40]}" if text else "empty in the first row"
