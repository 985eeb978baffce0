"""A content read again in another way: the ledger is as if only the latest reading of each content had been made."""

import json
import os
import random
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from tests.ingesting import as_bytes, native, query, read, write
from tests.marks import few

from llmcost.config.yaml import parse_document
from llmcost.ingest import run
from llmcost.ingest.generic import mapping_of
from llmcost.ingest.rejects import stored_rejects
from llmcost.ledger import database
from llmcost.ledger.queries import rejected_lines
from llmcost.render.ingest import remarks

_FIELDS = "timestamp: at, model: {const: gpt-4o}, provider: {const: openai}"
UTC, BERLIN, SWAPPED = (
    f"fields: {{{_FIELDS}, input_tokens: a, output_tokens: b}}\ntags: []\n",
    f"fields: {{{_FIELDS}, input_tokens: a, output_tokens: b}}\ntags: []\ntz: Europe/Berlin\n",
    f"fields: {{{_FIELDS}, input_tokens: b, output_tokens: a}}\ntags: []\n",
)
WAYS = (UTC, BERLIN, SWAPPED)


def table(path, *rows):
    """A CSV of rows of (time, a, b)."""
    path.write_text("at,a,b\n" + "".join(f"2026-11-20 {at},{a},{b}\n" for at, a, b in rows))
    return path


def ingest(ledger, mapping, *paths):
    return read(ledger, *paths, mapping=mapping_of(parse_document(mapping, "map.yaml")), mapping_text=mapping)


def calls(ledger):
    """Time, input and output of every request."""
    return query(
        ledger,
        "select strftime(started_at, '%H:%M:%S.%g'), uncached_input_tokens, output_text_tokens from request order by all",
    )


ONE, TWO, THREE = ("08:00:14.120", 1000, 100), ("08:01:14.121", 2000, 200), ("08:02:14.122", 3000, 300)
EARLIER_ONE, EARLIER_TWO, EARLIER_THREE = (("07" + row[0][2:], *row[1:]) for row in (ONE, TWO, THREE))


def test_reading_again_what_did_not_change_takes_nothing_back_of_what_was_there_before(tmp_path):
    log = table(tmp_path / "app.csv", ONE, TWO)
    ingest(tmp_path / "l", UTC, log)
    ingest(tmp_path / "l", UTC, table(log, THREE))
    for _ in range(2):
        os.utime(log)
        assert ingest(tmp_path / "l", UTC, log).total("new") == 0
        assert calls(tmp_path / "l") == [ONE, TWO, THREE]
    # Only what the file holds now is read otherwise.
    ingest(tmp_path / "l", BERLIN, log)
    assert calls(tmp_path / "l") == [EARLIER_THREE, ONE, TWO]


@pytest.mark.parametrize("settings", [{}, {"at": "2026-11-01 00:00:00"}, {"source": "llmcost"}])
@pytest.mark.slow
def test_so_it_is_of_a_log_that_needs_no_mapping(tmp_path, settings):
    log = write(tmp_path / "app.jsonl", [native(timestamp=f"2026-11-0{day}T10:00:00.125Z") for day in (1, 2)])
    read(tmp_path / "l", log)
    read(tmp_path / "l", write(log, [native(timestamp="2026-11-03T10:00:00.125Z")]))
    os.utime(log)
    assert read(tmp_path / "l", log, **settings).total("new") == 0
    assert query(tmp_path / "l", "select day(started_at) from request order by 1") == [(1,), (2,), (3,)]


def _usage(path, *, start, tokens):
    result = {"object": "organization.usage.completions.result", "input_tokens": tokens, "output_tokens": 100}
    result |= {"input_cached_tokens": 0, "num_model_requests": 5, "model": "gpt-4o"}
    bucket = {"object": "bucket", "start_time": start, "end_time": start + 86400, "results": [result]}
    path.write_text(json.dumps({"object": "page", "data": [bucket], "has_more": False, "next_page": None}))
    return path


@pytest.mark.slow
def test_so_it_is_of_usage_exports(tmp_path):
    export = tmp_path / "usage.json"
    read(tmp_path / "l", _usage(export, start=1790812800, tokens=1_000_000))
    read(tmp_path / "l", _usage(export, start=1793491200, tokens=2_000_000))
    for settings in ({}, {"source": "openai-usage"}):
        os.utime(export)
        assert read(tmp_path / "l", export, **settings).total("new_buckets") == 0
        found = query(tmp_path / "l", "select uncached_input_tokens from usage_bucket order by 1")
        assert found == [(1_000_000,), (2_000_000,)]


@pytest.mark.slow
def test_what_another_file_brought_stays_in_any_order(tmp_path):
    a, b = table(tmp_path / "a.csv", ONE, TWO), table(tmp_path / "b.csv", TWO, THREE)
    wanted = sorted([EARLIER_ONE, EARLIER_TWO, TWO, THREE])
    ingest(tmp_path / "one", UTC, a, b)
    ingest(tmp_path / "one", BERLIN, a)
    assert calls(tmp_path / "one") == wanted
    ingest(tmp_path / "other", BERLIN, a)
    ingest(tmp_path / "other", UTC, b)
    assert calls(tmp_path / "other") == wanted
    ingest(tmp_path / "one", BERLIN, b)
    assert calls(tmp_path / "one") == [EARLIER_ONE, EARLIER_TWO, EARLIER_THREE]


@pytest.mark.parametrize("moved", [False, True])
@pytest.mark.parametrize("grown", [False, True])
def test_a_file_that_grew_or_was_renamed_is_read_again_instead_of_beside(tmp_path, moved, grown):
    log = table(tmp_path / "u.csv", ONE, TWO)
    ingest(tmp_path / "l", UTC, log)
    if moved:
        log = log.rename(tmp_path / "u.1.csv")
        table(tmp_path / "u.csv", THREE)
        ingest(tmp_path / "l", UTC, tmp_path / "u.csv")
    later = [THREE] if moved else []
    grew = ("09:01:14.122", 3000, 300)
    if grown:
        with log.open("a") as file:
            file.write(f"2026-11-20 {grew[0]},{grew[1]},{grew[2]}\n")
    ingest(tmp_path / "l", BERLIN, log)
    more = [("08:01:14.122", 3000, 300)] if grown else []
    assert calls(tmp_path / "l") == sorted([EARLIER_ONE, EARLIER_TWO, *more, *later])
    assert query(tmp_path / "l", "select count(*) from request where file_id not in (select file_id from file)") == [
        (0,)
    ]


@pytest.mark.slow
def test_a_copy_that_is_read_otherwise_takes_the_place_of_the_reading_of_the_original(tmp_path):
    log = table(tmp_path / "u.csv", ONE, TWO)
    ingest(tmp_path / "l", UTC, log)
    copy = tmp_path / "copy.csv"
    copy.write_bytes(log.read_bytes())
    assert ingest(tmp_path / "l", UTC, copy).files[0].status == "known"
    ingest(tmp_path / "l", BERLIN, copy)
    assert calls(tmp_path / "l") == [EARLIER_ONE, EARLIER_TWO]
    ingest(tmp_path / "l", BERLIN, log)
    assert calls(tmp_path / "l") == [EARLIER_ONE, EARLIER_TWO]
    ingest(tmp_path / "l", UTC, log)
    assert calls(tmp_path / "l") == [ONE, TWO]


_WITH_ID = (
    f"{{fields: {{{_FIELDS}, request_id: id, input_tokens: a, output_tokens: b, cache_read_input_tokens: c}}, "
    "input_includes_cache: %s}"
)


def test_a_corrected_mapping_corrects_calls_with_an_id(tmp_path):
    log = tmp_path / "c.csv"
    log.write_text("id,at,a,b,c\ncall-aaaaaaaa,2026-11-20 08:00:14.120,10000,100,8000\n")
    ingest(tmp_path / "l", _WITH_ID % "false", log)
    # 10,000 x $2.50 + 8,000 x $1.25 + 100 x $10 a million.
    assert query(tmp_path / "l", "select cost from request") == [(Decimal("0.036"),)]
    again = ingest(tmp_path / "l", _WITH_ID % "true", log)
    assert (again.total("new"), again.total("known"), again.total("conflicts")) == (0, 1, 0)
    # 2,000 x $2.50 + 8,000 x $1.25 + 100 x $10 a million.
    found = query(tmp_path / "l", "select uncached_input_tokens, cache_read_tokens, cost from request")
    assert found == [(2000, 8000, Decimal("0.016"))]
    assert query(tmp_path / "l", "select count(*) from conflict") == [(0,)]


@pytest.mark.slow
def test_what_another_file_tells_of_a_call_stays_and_is_told_of(tmp_path):
    rows = "id,at,a,b,c\ncall-aaaaaaaa,2026-11-20 08:00:14.120,10000,100,8000\n"
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text(rows + f"call-{name}-1234,2026-11-20 08:00:15.120,10,1,0\n")
    paths = tmp_path / "a.csv", tmp_path / "b.csv"
    ingest(tmp_path / "l", _WITH_ID % "false", *paths)
    assert [file.kept for file in ingest(tmp_path / "l", _WITH_ID % "true", paths[0]).files] == [1]
    ingest(tmp_path / "m", _WITH_ID % "false", *paths)
    # Both at once are read again without a rest.
    assert ingest(tmp_path / "m", _WITH_ID % "true", *paths).total("kept") == 0
    assert query(tmp_path / "m", "select max(uncached_input_tokens) from request") == [(2000,)]


@pytest.mark.parametrize("kill", [False, True])
def test_files_of_several_batches_are_read_again_without_a_rest(tmp_path, monkeypatch, kill):
    # 10,000 tokens that include 8,000 cached ones, and were read as if they did not.
    logs = {"a.csv": "A1 B1 B2", "b.csv": "B2 C1 B1", "c.csv": "C1 D1"}
    for name, calls_of in logs.items():
        lines = [f"call-{one}-0000,2026-11-20 08:00:14.120,10000,100,8000\n" for one in calls_of.split()]
        (tmp_path / name).write_text("id,at,a,b,c\n" + "".join(lines))
    ledger, paths = tmp_path / "l", [tmp_path / name for name in logs]
    ingest(ledger, _WITH_ID % "false", *paths)
    monkeypatch.setattr(run, "_BATCH_FILES", 1)
    if kill:
        batch, done = run.Run.batch, []

        def once(self, files, **settings):
            if done:
                raise KeyboardInterrupt
            done.append(files)
            return batch(self, files, **settings)

        with monkeypatch.context() as patch:
            patch.setattr(run.Run, "batch", once)
            with pytest.raises(KeyboardInterrupt):
                ingest(ledger, _WITH_ID % "true", *paths)
        found = query(ledger, "select request_id[6:7], uncached_input_tokens from request order by all")
        assert found == [*((one, 2000) for one in ("A1", "B1", "B2")), ("C1", 10000), ("D1", 10000)]
    again = ingest(ledger, _WITH_ID % "true", *paths)
    assert (again.total("new"), again.total("conflicts")) == (0, 0)
    found = query(ledger, "select request_id[6:7], uncached_input_tokens from request order by all")
    assert found == [(one, 2000) for one in ("A1", "B1", "B2", "C1", "D1")]


def test_a_corrected_time_is_the_time(tmp_path):
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    body = {"object": "chat.completion", "model": "gpt-4o", "choices": [], "usage": usage}
    log = write(tmp_path / "nt.jsonl", [{**body, "id": "chatcmpl-AAAAAAAA"}, body])
    read(tmp_path / "l", log, at="2025-11-07 02:00:00")
    again = read(tmp_path / "l", log, at="2026-11-07 02:00:00")
    assert (again.total("new"), again.total("known")) == (0, 2)
    assert query(tmp_path / "l", "select year(started_at), count(*) from request group by all") == [(2026, 2)]


@pytest.mark.slow
def test_what_an_older_revision_of_a_source_made_of_a_record_is_replaced(tmp_path):
    log = write(
        tmp_path / "a.jsonl", [native(request_id="call-00000001"), native(timestamp="2026-11-01T10:00:00.125Z")]
    )
    export = _usage(tmp_path / "usage.json", start=1790812800, tokens=1_000_000)
    read(tmp_path / "l", log, export)
    with database.writing(tmp_path / "l") as connection:
        # As a revision would have it that counted too much, and made another key of what has no id.
        connection.execute("update request set uncached_input_tokens = 900")
        connection.execute("update request set row_key = uuid() where request_id is null")
        connection.execute("update usage_bucket set uncached_input_tokens = 9000000")
        connection.execute("""update file set revisions = '{"llmcost": 0, "openai-usage": 0}'""")
    assert read(tmp_path / "l", log, export).total("new_buckets") == 0
    assert query(tmp_path / "l", "select uncached_input_tokens from request") == [(100,), (100,)]
    assert query(tmp_path / "l", "select uncached_input_tokens from usage_bucket") == [(1_000_000,)]


@pytest.mark.slow
def test_a_bucket_that_another_export_tells_of_stays(tmp_path):
    one = _usage(tmp_path / "one.json", start=1790812800, tokens=1_000_000)
    two = _usage(tmp_path / "two.json", start=1790812800, tokens=2_000_000)
    read(tmp_path / "l", one)
    read(tmp_path / "l", two)
    mapping = f"fields: {{{_FIELDS}, input_tokens: a}}\n"
    rejected = ingest(tmp_path / "l", mapping, two)
    assert rejected.total("rejected") == 1
    assert query(tmp_path / "l", "select uncached_input_tokens from usage_bucket") == [(2_000_000,)]
    # Neither export is read as one any more.
    ingest(tmp_path / "l", mapping, one)
    assert query(tmp_path / "l", "select count(*) from usage_bucket") == [(0,)]


def test_of_a_ledger_with_one_number_for_all_contents_of_a_path_nothing_is_taken_back_and_it_is_said(tmp_path):
    log = table(tmp_path / "app.csv", ONE, TWO)
    ingest(tmp_path / "l", UTC, log)
    ingest(tmp_path / "l", UTC, table(log, THREE))
    with database.writing(tmp_path / "l") as connection:
        connection.execute("update request set file_id = 2; delete from file where file_id = 1")
    result = ingest(tmp_path / "l", BERLIN, log)
    assert calls(tmp_path / "l") == [EARLIER_THREE, ONE, TWO, THREE]
    assert result.total("kept") == 3
    (told,) = [remark for remark in remarks(result) if "an earlier reading" in remark.message]
    assert told.message.startswith("3 rows of an earlier reading in another way may count beside this one: ")


@pytest.mark.parametrize("there", [False, True])
def test_a_large_file_of_the_same_looks_is_the_same_only_where_its_bytes_are(tmp_path, there):
    rows = [(f"{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}.120", 1000 + n % 9, 100) for n in range(6000)]
    other = [*rows[:3000], ("00:50:00.120", 9999, 100), *rows[3001:]]
    log = table(tmp_path / "a.csv", *rows)
    ingest(tmp_path / "l", UTC, log)
    if not there:
        log.rename(tmp_path / "elsewhere.csv")
    result = ingest(tmp_path / "l", SWAPPED, table(tmp_path / "b.csv", *other))
    assert (result.total("new"), result.total("kept")) == (6000, 0 if there else 6000)
    assert query(tmp_path / "l", "select count(*) from request") == [(12000,)]


def _read_as(row, way):
    at, a, b = row
    if way == SWAPPED:
        return at, b, a
    moved = datetime.fromisoformat(f"2026-11-20T{at}") - timedelta(hours=way == BERLIN)
    return moved.strftime("%H:%M:%S.%f")[:-3], a, b


class _Model:
    """Which contents there are, under which names they were met, and what of each was last read, and how."""

    def __init__(self):
        self.readings = {}
        self.now = {}

    def run(self, files, way):
        gone = [known for known in self.readings if known not in self.now.values()]
        # Of one run, every file is read as the ledger was before.
        for path, rows in files.items():
            self._read(path, tuple(rows), way, gone)

    def _read(self, path, rows, way, gone):
        same = [
            known
            for known, (_, paths, _) in self.readings.items()
            if known == rows or (path in paths and rows[: len(known)] == known)
        ]
        if any(self.readings[known][0] != way for known in same):
            for known in same:
                _, _, brought = self.readings.pop(known)
                # Nobody can read again what is gone; it is in what is there.
                for other in gone:
                    if other in self.readings:
                        self.readings[other][2].difference_update(brought)
        _, paths, _ = self.readings.get(rows, (way, frozenset(), None))
        self.readings[rows] = way, paths | {path}, {_read_as(row, way) for row in rows}
        self.now[path] = rows

    def calls(self):
        return sorted(set().union(*(brought for _, _, brought in self.readings.values())))


def _sequence(folder, seed, *, steps):
    """Two files written, added to and read in ways by chance; after each step the ledger is what the model says."""
    chance = random.Random(seed)  # noqa: S311
    # An hour apart with equal tokens, so that one row read in one way may be another read in another way.
    pool = [(f"{hour:02}:00:14.120", a, b) for hour in range(6, 11) for a, b in ((1000, 100), (100, 1000))]
    model, held = _Model(), {}
    for step in range(steps):
        path = folder / chance.choice("ab")
        rows = held.get(path)
        match chance.choice(("write", "add", "again", "again", "again", "copy")) if rows else "write":
            case "write":
                rows = chance.sample(pool, chance.randint(1, 4))
            case "add":
                rows = [*rows, *chance.sample([row for row in pool if row not in rows], 2)]
            case "copy":
                rows = chance.choice(list(held.values()))
        rows = rows[:8]
        table(path, *rows)
        held[path] = rows
        both = [
            path,
            *chance.sample([other for other in held if other != path], min(len(held) - 1, chance.randint(0, 1))),
        ]
        way = chance.choice(WAYS)
        ingest(folder / "l", way, *both)
        model.run({one: held[one] for one in both}, way)
        assert calls(folder / "l") == model.calls(), f"seed {seed}, step {step}"


@pytest.mark.parametrize("seed", few(range(6), fast=2))
def test_a_sequence_of_contents_and_ways(seed, tmp_path):
    _sequence(tmp_path, seed, steps=8)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 140))
def test_many_sequences_of_contents_and_ways(seed, tmp_path):
    _sequence(tmp_path, seed, steps=14)


def test_what_could_not_be_read_of_a_log_that_was_rotated_is_missing_still(tmp_path):
    log, ledger = tmp_path / "app.jsonl", tmp_path / "l"
    log.write_bytes(as_bytes([native(timestamp="2026-11-20T10:00:00.125Z")]) + b'{"broken": \n')
    read(ledger, log)
    read(ledger, write(log, [native(timestamp="2026-11-21T10:00:00.125Z")]))
    (left,) = stored_rejects(ledger)
    assert (left.path, left.line) == (str(log), 2)
    assert left.reason.endswith("(in the file that was here before)")
    with database.reading(ledger) as connection:
        assert rejected_lines(connection) == 1


@pytest.mark.slow
def test_what_could_not_be_read_of_a_log_that_was_put_right_is_forgotten(tmp_path):
    log, ledger = tmp_path / "app.jsonl", tmp_path / "l"
    first, second = (native(timestamp=f"2026-11-2{day}T10:00:00.125Z") for day in (0, 1))
    log.write_bytes(b'{"broken": \n' + as_bytes([first]))
    read(ledger, log)
    read(ledger, write(log, [second, first]))
    assert list(stored_rejects(ledger)) == []


@pytest.mark.parametrize("name", ["app.csv.1", "app-20261120.csv", "app.csv-20261120"])
@pytest.mark.slow
def test_a_log_that_was_copied_and_written_anew_is_read_instead_of_its_earlier_reading(tmp_path, name):
    log = table(tmp_path / "app.csv", ONE)
    ingest(tmp_path / "l", UTC, log)
    table(tmp_path / name, ONE, TWO)
    table(log, THREE)
    ingest(tmp_path / "l", UTC, log, tmp_path / name)
    assert calls(tmp_path / "l") == [ONE, TWO, THREE]
    ingest(tmp_path / "l", BERLIN, log, tmp_path / name)
    assert calls(tmp_path / "l") == [EARLIER_ONE, EARLIER_TWO, EARLIER_THREE]


@pytest.mark.slow
def test_what_could_not_be_read_of_a_log_that_slid_on_is_missing_still(tmp_path):
    log, ledger = tmp_path / "last.jsonl", tmp_path / "l"
    days = [native(timestamp=f"2026-11-0{day}T10:00:00.125Z") for day in range(1, 6)]
    bad = native(timestamp="2026-11-02T10:00:00.125Z", input_tokens=-5)
    read(ledger, write(log, [days[0], bad, days[2], days[3]]))
    read(ledger, write(log, days[2:]))
    assert [one.line for one in stored_rejects(ledger)] == [2]


@pytest.mark.parametrize(("after", "left"), [(1, 0), (2, 1)])
def test_of_a_log_of_which_nothing_was_read_one_of_as_many_lines_is_it_put_right(tmp_path, after, left):
    log, ledger = tmp_path / "log.jsonl", tmp_path / "l"
    read(ledger, write(log, [native(input_tokens=-5)]))
    read(ledger, write(log, [native(timestamp=f"2026-11-0{day}T10:00:00.125Z") for day in range(1, after + 1)]))
    assert len(list(stored_rejects(ledger))) == left


@pytest.mark.slow
def test_what_a_content_that_is_gone_brought_as_well_is_read_otherwise_too(tmp_path):
    # A download of the last three days, under one name.
    log = table(tmp_path / "last3.csv", ONE, TWO)
    ingest(tmp_path / "l", UTC, log)
    ingest(tmp_path / "l", UTC, table(log, TWO, THREE))
    result = ingest(tmp_path / "l", BERLIN, log)
    assert calls(tmp_path / "l") == [EARLIER_TWO, EARLIER_THREE, ONE]
    assert (result.total("new"), result.total("kept")) == (2, 0)


@pytest.mark.slow
def test_rows_without_an_id_that_another_file_has_as_well_are_said_to_count_beside(tmp_path):
    first, second = table(tmp_path / "a.csv", ONE, TWO), table(tmp_path / "b.csv", TWO)
    ingest(tmp_path / "l", UTC, first, second)
    result = ingest(tmp_path / "l", BERLIN, first)
    assert calls(tmp_path / "l") == [EARLIER_ONE, EARLIER_TWO, TWO]
    assert result.total("kept") == 1
    ingest(tmp_path / "l", BERLIN, second)
    assert calls(tmp_path / "l") == [EARLIER_ONE, EARLIER_TWO]
