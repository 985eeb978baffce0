"""The same log in any other form, order or number of pieces is the same ledger, to the byte."""

import gzip
import json
import random
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.ingesting import as_bytes, native, picture, query, read, rows, write
from tests.mixed_log import Record, mixed_log, short_log
from tests.once import made_once

from llmcost.ingest.generic import read_mapping
from llmcost.ingest.request import IngestRequest
from llmcost.ingest.run import ingest

# Per round 18 calls: 7 of OpenAI (10 lines, of which three calls stand on two), 2 of Anthropic (3 lines), one of the
# gateway, 5 without ids, 3 of others (4 lines). Of them short are 5 of OpenAI, 4 without ids and one of others.
LOGS = {"short": (short_log, 4 * (5 + 4 + 1)), "whole": (mixed_log, 4 * (7 + 2 + 1 + 5 + 3))}

every_shape = pytest.mark.parametrize("which", ["whole"], indirect=True)
"""What is tried on the whole log alone."""


class _Once(dict[str, str]):
    def __repr__(self) -> str:
        return "what the ledger says"


@pytest.fixture(scope="module", params=["short", pytest.param("whole", marks=pytest.mark.slow)])
def which(request: pytest.FixtureRequest) -> str:
    """Which log: a change of form is a change of form whatever the shapes; reading all of them takes three times as long."""
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def log(which: str) -> list[Record]:
    """The records of the log."""
    return LOGS[which][0]()


@pytest.fixture(scope="module")
def read_once(tmp_path_factory: pytest.TempPathFactory, which: str, log: list[Record]) -> Path:
    """A folder of the ledger that read the log once, in one file, and of what it says."""

    def read_log(folder: Path) -> None:
        result = read(folder / "ledger", write(folder / "log.jsonl", log))
        assert (result.total("rejected"), result.total("new"), result.total("ambiguous")) == (0, LOGS[which][1], 0)
        (folder / "picture.json").write_text(json.dumps(picture(folder / "ledger", folder)), "utf-8")

    return made_once(tmp_path_factory, f"{which}-log", read_log)


@pytest.fixture(scope="module")
def once(read_once: Path) -> dict[str, str]:
    """What that ledger says."""
    return _Once(json.loads((read_once / "picture.json").read_text("utf-8")))


def _again(tmp_path: Path, *runs: list[Path], once: dict[str, str]) -> None:
    for paths in runs:
        assert read(tmp_path / "ledger", *paths).total("rejected") == 0
    told = picture(tmp_path / "ledger", tmp_path)
    for view, text in told.items():
        assert text == once[view], view


def test_a_folder_read_twice_and_under_another_name(tmp_path, log, once):
    path = write(tmp_path / "logs" / "a.jsonl", log)
    moved = tmp_path / "another machine" / "b.log"
    moved.parent.mkdir()
    read(tmp_path / "ledger", tmp_path / "logs")
    assert read(tmp_path / "ledger", path).files[0].status == "known"
    shutil.copy(path, moved)
    again = read(tmp_path / "ledger", moved)
    assert (again.total("new"), again.files[0].status) == (0, "known")
    # Without the original there is nothing to compare a copy with.
    elsewhere = shutil.copy(path, tmp_path / "c.log")
    path.unlink()
    moved.unlink()
    again = read(tmp_path / "ledger", elsewhere)
    assert (again.total("new"), again.files[0].status) == (0, "read")
    _again(tmp_path, [Path(elsewhere)], once=once)


@every_shape
def test_any_order_of_lines_split_over_two_runs(tmp_path, log, once):
    shuffled = random.Random(7).sample(log, len(log))  # noqa: S311  a shuffle that is the same every time
    half = len(log) // 2
    first, second = write(tmp_path / "1.jsonl", shuffled[:half]), write(tmp_path / "2.jsonl", shuffled[half:])
    _again(tmp_path, [second], [first], once=once)


@pytest.mark.slow
@every_shape
def test_lines_in_reverse_one_file_each(tmp_path, log, once):
    for number, record in enumerate(reversed(log)):
        write(tmp_path / "logs" / f"{number:03}.jsonl", [record])
    _again(tmp_path, [tmp_path / "logs"], once=once)


@pytest.mark.parametrize("ending", [".gz", ".zst"])
@pytest.mark.slow
def test_compressed_in_several_frames(tmp_path, log, once, ending):
    parts = [write(tmp_path / f"{n}.jsonl{ending}", log[n::3]).read_bytes() for n in range(3)]
    path = tmp_path / f"all.jsonl{ending}"
    path.write_bytes(b"".join(parts))
    _again(tmp_path, [path], once=once)


def test_windows_line_ends_a_byte_order_mark_blank_lines_and_no_last_newline(tmp_path, log, once):
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"\xef\xbb\xbf\r\n \r\n" + as_bytes(log, newline=b"\r\n\t\r\n\r\n").rstrip())
    _again(tmp_path, [path], once=once)


def test_one_array_instead_of_lines(tmp_path, log, once):
    path = tmp_path / "log.json"
    path.write_text(json.dumps(log, indent=1))
    _again(tmp_path, [path], once=once)


@pytest.mark.slow
def test_spaces_in_the_lines_and_another_order_of_keys(tmp_path, log, once):
    lines = [json.dumps(dict(reversed(record.items())), separators=(" , ", " : ")).encode() for record in log]
    _again(tmp_path, [write(tmp_path / "log.jsonl", lines)], once=once)


def test_a_log_that_grows_is_cut_inside_a_line_and_is_completed(tmp_path, log, once):
    content = as_bytes(log)
    path = tmp_path / "log.jsonl"
    lines = content.split(b"\n")
    for count in (20, 45):
        cut = len(b"\n".join(lines[:count])) + 60
        path.write_bytes(content[:cut])
        result = read(tmp_path / "ledger", path)
        assert (result.total("pending"), result.total("rejected"), result.total("lines")) == (1, 0, count + 1)
    path.write_bytes(content)
    _again(tmp_path, [path], once=once)


@pytest.mark.slow
@every_shape
def test_a_rotated_log_overlaps_with_the_new_one_under_the_old_name(tmp_path, log, once):
    path = write(tmp_path / "app.log", log[:50])
    read(tmp_path / "ledger", path)
    path.rename(tmp_path / "app.log.1")
    write(path, log[40:])
    (tmp_path / "app.log.1.gz").write_bytes(gzip.compress((tmp_path / "app.log.1").read_bytes()))
    (tmp_path / "app.log.1").unlink()
    _again(tmp_path, [tmp_path / "app.log", tmp_path / "app.log.1.gz"], once=once)


def test_the_export_of_a_ledger_read_into_it_and_into_an_empty_one_adds_nothing(tmp_path, read_once, once):
    shutil.copy(read_once / "ledger", tmp_path / "ledger")
    export = tmp_path / "export.jsonl"
    export.write_text(once["export"])
    result = read(tmp_path / "ledger", export)
    assert (result.total("new"), result.total("rejected")) == (0, 0)
    read(tmp_path / "other", export)
    assert picture(tmp_path / "other", tmp_path)["report by ()"] == once["report by ()"]


def _split_log(tmp_path: Path, log: list[Record], once: dict[str, str], seed: int) -> None:
    """A random cover of the log by files of random forms, read in random runs."""
    chance = random.Random(seed)  # noqa: S311
    count = chance.randint(2, 5)
    lines: list[list[dict[str, object]]] = [[] for _ in range(count)]
    for record in log:
        for number in chance.sample(range(count), chance.choice((1, 1, 2))):
            lines[number].append(record)
    paths = []
    for number, held in enumerate(lines):
        chance.shuffle(held)
        ending = chance.choice((".jsonl", ".jsonl.gz", ".jsonl.zst", ".json", ".log"))
        path = tmp_path / f"{number}{ending}"
        if ending == ".json":
            path.write_text(json.dumps(held))
        else:
            write(path, held)
        paths.append(path)
    chance.shuffle(paths)
    cut = chance.randint(0, count - 1)
    _again(tmp_path, *(run for run in (paths[:cut], paths[cut:]) if run), once=once)


# A smaller seed is no simpler log, so nothing is shrunk.
@settings(
    max_examples=1,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    phases=[Phase.explicit, Phase.generate],
)
@given(seed=st.integers(0, 2**32))
def test_any_cover_of_the_log_by_files_of_any_form(seed, log, once, tmp_path_factory):
    _split_log(tmp_path_factory.mktemp("split"), log, once, seed)


@pytest.mark.slow
@every_shape
@pytest.mark.parametrize("seed", range(60))
def test_many_covers_of_the_log_by_files_of_any_form(seed, log, once, tmp_path):
    _split_log(tmp_path, log, once, seed)


def test_identical_records_without_an_id_are_counted_by_number_and_said_to_be_ambiguous(tmp_path):
    """The one documented limit: three calls of one second that nothing tells apart."""
    one = native()
    first = read(tmp_path / "ledger", write(tmp_path / "a.jsonl", [one, one, one]))
    assert (first.total("new"), first.total("ambiguous")) == (3, 2)
    # Two of them elsewhere may be two of these three: the largest count wins.
    second = read(tmp_path / "ledger", write(tmp_path / "b.jsonl", [one, one]))
    assert (second.total("new"), second.total("known"), second.total("ambiguous")) == (0, 2, 1)
    third = read(tmp_path / "ledger", write(tmp_path / "c.jsonl", [one] * 4))
    assert (third.total("new"), len(rows(tmp_path / "ledger", "row_key"))) == (1, 4)


def test_identical_records_that_hold_a_fraction_of_a_second_are_one_call(tmp_path):
    one = native(timestamp="2026-11-01T10:00:00.125Z")
    result = read(tmp_path / "ledger", write(tmp_path / "a.jsonl", [one, one, one]))
    assert (result.total("new"), result.total("known"), result.total("ambiguous")) == (1, 2, 0)


def test_who_a_record_without_an_id_is_for_does_not_change_with_the_order_it_is_met_in(tmp_path):
    acme, globex = native(customer_id="acme"), native(customer_id="globex")
    read(tmp_path / "ledger", write(tmp_path / "a.jsonl", [acme, globex]))
    read(tmp_path / "ledger", write(tmp_path / "b.jsonl", [globex, acme]))
    assert sorted(row["customer_id"] for row in rows(tmp_path / "ledger", "row_key", "customer_id")) == [
        "acme",
        "globex",
    ]


def test_the_rules_of_attribution_are_no_part_of_what_a_call_is(tmp_path):
    log = [native(tags={"tenant": "acme"}), native(tags={"tenant": "globex"}, team="core")]
    read(tmp_path / "ledger", write(tmp_path / "a.jsonl", log))
    result = read(tmp_path / "ledger", write(tmp_path / "b.jsonl", log), attribution={"team": ["tenant"]})
    assert (result.total("new"), result.total("known")) == (0, 2)


@pytest.mark.parametrize("first", ["2026-11-01 00:00:00", "mtime"])
def test_an_assumed_time_is_no_part_of_what_a_call_is(tmp_path, first):
    embedded = {
        "object": "list",
        "data": [],
        "model": "text-embedding-3-small",
        "usage": {"prompt_tokens": 8, "total_tokens": 8},
    }
    path = write(tmp_path / "a.jsonl", [embedded, {**embedded, "usage": {"prompt_tokens": 9, "total_tokens": 9}}])
    read(tmp_path / "ledger", path, at=first)
    again = read(tmp_path / "ledger", path, at="2026-10-01 00:00:00")
    assert (again.total("new"), again.total("known")) == (0, 2)
    found = query(tmp_path / "ledger", "select distinct started_at::varchar, time_origin from request")
    # Of two assumptions the earlier stays, whichever came first.
    assert found == [("2026-10-01 00:00:00", "assumed")]


def test_standard_input_is_known_by_all_of_its_content(tmp_path):
    import io

    from tests.ingesting import chat

    def log(prompt: int) -> bytes:
        return as_bytes(chat(f"n{n:05}", prompt=prompt if n == 900 else 100) for n in range(1800))

    read(tmp_path / "ledger", "-", stdin=io.BytesIO(log(111)))
    assert read(tmp_path / "ledger", "-", stdin=io.BytesIO(log(111))).files[0].status == "known"
    # As long as the first, with the same first and last 64 KiB.
    again = read(tmp_path / "ledger", "-", stdin=io.BytesIO(log(222)))
    assert (again.files[0].status, again.total("new"), again.total("conflicts")) == ("read", 0, 1)
    assert query(tmp_path / "ledger", "select max(uncached_input_tokens) from request") == [(222,)]


def test_a_table_read_again_with_another_mapping_is_not_added_to_what_the_first_one_made_of_it(tmp_path):
    table = tmp_path / "usage.csv"
    table.write_text("t,m,a,b\n2026-11-01T10:00:00Z,gpt-5.4,700,30\n2026-11-01T10:00:01Z,gpt-5.4,800,40\n")
    for number, (first, second) in enumerate((("a", "b"), ("b", "a"))):
        mapping = tmp_path / f"map {number}.yaml"
        mapping.write_text(f"fields: {{timestamp: t, model: m, input_tokens: {first}, output_tokens: {second}}}\n")
        ingest(
            IngestRequest(
                paths=[str(table)],
                ledger=tmp_path / "ledger",
                mapping=read_mapping(mapping),
                mapping_text=mapping.read_text(),
            )
        )
    found = query(tmp_path / "ledger", "select uncached_input_tokens, output_text_tokens from request order by 1")
    assert found == [(30, 700), (40, 800)]


def test_a_call_in_two_forms_of_one_export_is_one(tmp_path):
    row = {
        "response_id": "11111111-aaaa-4444-8888-000000000000",
        "response_created_at": "2026-11-10T08:01:02.000Z",
        "response_status": 200,
        "request_created_at": "2026-11-10T08:01:00.000Z",
        "model": "gpt-5.4",
        "prompt_tokens": 1000,
        "completion_tokens": 100,
    }
    table = tmp_path / "export.csv"
    table.write_text(f"{','.join(row)}\n{','.join(map(str, row.values()))}\n")
    known = {
        "request_id": "00000001-aaaa-4444-8888-000000000000",
        "provider": "OPENAI",
        "prompt_cache_read_tokens": 600,
    }
    lines = write(tmp_path / "export.jsonl", [{**row, **known, "total_tokens": 1100}])

    assert read(tmp_path / "ledger", table, lines).total("conflicts") == 0

    columns = "request_id, uncached_input_tokens, cache_read_tokens, output_text_tokens"
    assert query(tmp_path / "ledger", f"select {columns} from request") == [(row["response_id"], 1000, 600, 100)]
