"""A call and the passes of it that are billed apart are one request, for `ingest` as for the reports."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from tests.ingesting import native, query, read, write

from llmcost.domain.pulled import Page, Stream
from llmcost.ingest.intake import Intake
from llmcost.ingest.request import IngestRequest
from llmcost.ledger import database
from llmcost.ledger.locks import add
from llmcost.render.ingest import as_json, as_text, remarks

EXAMPLE = Path(__file__).parents[2] / "examples" / "logs" / "anthropic-messages.jsonl"
# Two calls, the first with two further passes, of which one is delivered twice.
LINES = [
    native(request_id="a-0123456789"),
    native(request_id="a-0123456789", part=1),
    native(request_id="a-0123456789", part=2),
    native(request_id="a-0123456789", part=2),
    native(request_id="b-0123456789"),
]


def _counts(result):
    names = ("new", "known", "parts")
    assert result.total("parts") == sum(file.parts for file in result.files)
    return tuple(json.loads(as_json(result))["totals"][name] for name in names)


def _headline(result):
    return as_text(result).splitlines()[0]


def test_a_call_billed_in_parts_is_one_new_request(tmp_path):
    result = read(tmp_path / "l", write(tmp_path / "log.jsonl", LINES))

    assert _counts(result) == (2, 0, 3)
    assert result.files[0].sources == {"llmcost": 2}
    assert _headline(result) == "1 file, 5 lines: 2 new requests, 0 known, 3 parts of them billed apart"
    assert as_text(result).splitlines()[1].endswith("log.jsonl  llmcost 2  3 parts billed apart")
    assert query(tmp_path / "l", "select count(*) filter (part = 0), count(*) filter (part > 0) from request") == [
        (2, 2)
    ]


@pytest.mark.slow
def test_a_file_read_again_has_its_calls_and_parts_known(tmp_path):
    path = write(tmp_path / "log.jsonl", LINES)
    read(tmp_path / "l", path)

    assert _counts(read(tmp_path / "l", path)) == (0, 2, 3)
    grown = write(path, [*LINES, native(request_id="c-0123456789"), native(request_id="c-0123456789", part=1)])
    assert _counts(read(tmp_path / "l", grown)) == (1, 2, 4)
    copy = write(tmp_path / "copy.jsonl", LINES)
    assert _counts(read(tmp_path / "l", copy)) == (0, 2, 3)


def test_parts_of_a_record_of_one_line_are_counted_beside_the_lines(tmp_path):
    result = read(tmp_path / "l", EXAMPLE)

    # 10 lines, two of which are one call; a compaction and an advisor's answer are billed apart.
    assert (result.total("lines"), *_counts(result)) == (10, 9, 1, 2)
    assert query(tmp_path / "l", "select rows, parts, sources from file") == [(12, 2, '{"anthropic-messages": 10}')]


def test_a_log_without_parts_says_nothing_of_them(tmp_path):
    result = read(tmp_path / "l", write(tmp_path / "log.jsonl", [LINES[0], LINES[-1]]))

    assert _headline(result) == "1 file, 2 lines: 2 new requests, 0 known"
    assert as_text(result).splitlines()[1].endswith("log.jsonl  llmcost 2")


def test_a_part_alone_is_no_request_and_keeps_its_source(tmp_path):
    result = read(tmp_path / "l", write(tmp_path / "log.jsonl", LINES[1:2]))

    assert _headline(result) == "1 file, 1 line: 0 new requests, 0 known, 1 part of them billed apart"
    assert query(tmp_path / "l", "select sources, revisions <> '{}' from file") == [('{"llmcost": 0}', True)]


def test_pulled_pages_add_up_to_calls_and_parts(tmp_path):
    stream = Stream(gateway="g", url="http://gateway.example", name="calls")
    with Intake(IngestRequest(paths=[], ledger=tmp_path / "l")) as intake:
        for lines in (LINES[:2], LINES[2:]):
            pages = [Page(stream=stream, records=tuple(map(json.dumps, lines)), sources=("llmcost",))]
            intake.take(stream, pages)
        result = intake.finish()

    assert _counts(result) == (2, 0, 3)
    assert query(tmp_path / "l", "select rows, parts, sources from file") == [(4, 2, '{"llmcost": 2}')]


def test_a_part_in_a_locked_period_is_no_further_late_request(tmp_path):
    read(tmp_path / "l", write(tmp_path / "log.jsonl", LINES[-1:]))
    with database.writing(tmp_path / "l") as ledger:
        add(ledger, datetime(2026, 12, 1), "closed", datetime(2026, 12, 2))  # noqa: DTZ001  the ledger's naive UTC

    result = read(tmp_path / "l", write(tmp_path / "late.jsonl", LINES))
    assert next(remarks(result)).message.startswith("1 new request falls in the period locked")


@pytest.mark.slow
def test_a_ledger_of_before_learns_which_of_its_rows_are_parts(tmp_path):
    read(tmp_path / "l", write(tmp_path / "log.jsonl", [*LINES[:3], LINES[-1]]), EXAMPLE)
    kept = query(tmp_path / "l", "select path, rows, parts, sources from file order by path")
    with database.writing(tmp_path / "l") as ledger:
        ledger.execute("alter table file drop column parts")
        ledger.execute(
            "update file set sources = replace(replace(sources, '10', '12'), 'llmcost\": 2', 'llmcost\": 4')"
        )
        ledger.execute("delete from schema_migration where name like '0013%'")

    with database.writing(tmp_path / "l"):
        pass
    found = query(tmp_path / "l", "select path, rows, parts, sources from file order by path")
    assert [(*row[:3], json.loads(row[3])) for row in found] == [(*row[:3], json.loads(row[3])) for row in kept]
