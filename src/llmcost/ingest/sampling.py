"""A look at the beginnings of a batch's files: some of their records, and what these have in common."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from llmcost.ingest.expanding import Claimed, needs_sequence
from llmcost.ingest.files import LogFile
from llmcost.ingest.reader import parse
from llmcost.ingest.source import Route, Source

SAMPLE_LINES = 400
_SAMPLE_FILES = 40
_MANY_KEYS = 120


def sample(files: Sequence[LogFile]) -> list[str]:
    """Some records of some of the files, as JSON text."""
    sampled = files[:: max(len(files) // _SAMPLE_FILES, 1)]
    records: list[str] = []
    for file in sampled:
        lines = file.first_lines(max(SAMPLE_LINES // len(sampled), 10))
        records.extend(text for line in lines if (text := _object_text(line)) is not None)
    return records


def is_sequence(file: LogFile, sources: Mapping[str, Source], claimed: Claimed) -> bool:
    """Whether the first records of a file only make sense together, or hold several."""
    for line in file.first_lines(5):
        try:
            record = parse(line)
        except ValueError:
            continue
        if isinstance(record, dict) and needs_sequence(record, sources, claimed):
            return True
    return False


def top_level_keys(records: Sequence[str]) -> tuple[str, ...]:
    """Keys that stand at the top of some records of a sample; none when there are too many to be names."""
    keys = dict.fromkeys(key for text in records for key in json.loads(text))
    return tuple(keys) if len(keys) <= _MANY_KEYS else ()


def holds_objects(records: Sequence[str], routes: Sequence[Route]) -> bool:
    """Whether what could be JSON inside a string is an object, or not there, in every record of a sample."""
    keys = {key for route in routes for key in route.source.json_text}
    mounts = {route.mount for route in routes if route.mount}
    parsed = [json.loads(text) for text in records] if keys or mounts else []
    return all(
        all(isinstance(record[key], dict) for key in keys if key in record)
        and not any(_is_text(record, mount) for mount in mounts)
        for record in parsed
    )


def _is_text(record: Any, path: Sequence[str]) -> bool:
    """Whether the way down to a place ends in a string, there or above."""
    for key in path:
        record = record.get(key) if isinstance(record, dict) else record
    return isinstance(record, str)


def _object_text(line: bytes) -> str | None:
    try:
        text = line.decode("utf-8")
        return text if isinstance(json.loads(text), dict) else None
    except (ValueError, RecursionError):
        return None
