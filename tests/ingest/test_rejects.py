"""What cannot be read is counted and kept with its line and reason; what can be, is."""

import json
import os
import random
import shutil
import threading
from pathlib import Path

import duckdb
import pytest
from tests.ingesting import as_bytes, chat, native, query, read, rejects, write
from tests.once import made_once

from llmcost.config.yaml import parse_document
from llmcost.domain.errors import DataError, UsageError
from llmcost.ingest.detection import detect
from llmcost.ingest.generic import mapping_of, read_mapping
from llmcost.ingest.outcomes import OutcomeRequest, ingest_outcomes
from llmcost.ingest.rejects import stored_rejects
from llmcost.ingest.request import IngestRequest
from llmcost.ingest.run import ingest
from llmcost.ingest.suggestion import suggest
from llmcost.ledger import database
from llmcost.ledger.queries import rejected_lines
from llmcost.render.ingest import as_text, remarks

GOOD = json.dumps(chat("good")).encode()
FIXTURES = Path(__file__).parents[1] / "sources"


def _count(text: str) -> bytes:
    """A call whose prompt has this many tokens."""
    return json.dumps(chat("counted", prompt=4242)).encode().replace(b"4242", text.encode(), 1)


def _reasons(tmp_path, lines):
    path = write(tmp_path / "log.jsonl", lines)
    result = read(tmp_path / "ledger", path)
    kept = rejects(tmp_path / "ledger")
    assert result.total("rejected") == len(kept)
    assert result.total("lines") == result.total("new") + result.total("known") + len(kept)
    return kept


NO_COUNTS = (
    "-5",
    "1.5",
    # A thousand in half of Europe.
    '"1.000"',
    '"12a"',
    '" 12"',
    '"0x10"',
    '"1_000"',
    "1152921504606846976",
    "9007199254740993",
    "NaN",
    "1e400",
)
COUNTS = (("12.0", 12), ('"12"', 12), ("9007199254740992", 2**53), ("0", 0))


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    """A ledger of a log with each spelling of a count on a line of its own, every second a good one."""

    def read_counts(folder):
        odd = [_count(text).replace(b"counted", b"odd%d" % place) for place, text in enumerate(NO_COUNTS)]
        fine = [_count(text).replace(b"counted", b"fine%d" % place) for place, (text, _) in enumerate(COUNTS)]
        _reasons(folder, [GOOD, *(line for one in odd for line in (one, GOOD)), *fine])

    return made_once(tmp_path_factory, "counts", read_counts) / "ledger"


@pytest.mark.parametrize("text", NO_COUNTS)
def test_what_is_no_count_rejects_the_record_and_is_named(counted, text):
    kept = dict(rejects(counted))
    assert len(kept) == len(NO_COUNTS)
    reason = kept[2 + 2 * NO_COUNTS.index(text)]
    assert reason.startswith("usage.prompt_tokens is ")
    assert reason.endswith(", not a count")


@pytest.mark.parametrize(("text", "count"), COUNTS)
def test_what_is_a_count_in_another_spelling_is_one(counted, text, count):
    name = f"chatcmpl-fine{COUNTS.index((text, count))}-0a1b2c3d"
    assert query(counted, "select uncached_input_tokens from request where request_id = $name", name=name) == [(count,)]


def test_line_numbers_count_every_line_whatever_stands_in_it(tmp_path):
    odd = [
        b"", b"  ", b"\t", b"\r", b"\x0b", b"\x0c", b"{}", b"[]", b"[1]", b"1", b"null", b'"text"', b"{", b"}", b'{"a":1}{"b":',
        b"\x00", b"\xff\xfe", GOOD + b" trailing", b"\xef\xbb\xbf", GOOD[:-20], b'{"id": "\\ud800"}', b"\x1c", b"\xc2\xa0",
        b'{"a": "\x01"}', b"{'id': 1}", b"// no", b'{"a":1,}', b"\xe2\x80\xa8", GOOD[:40] + b"\x85" + GOOD[40:], b"{" * 3000,
    ]  # fmt: skip
    chance = random.Random(3)  # noqa: S311
    lines = [line for _ in range(4) for line in chance.sample(odd, len(odd))]
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip(b" \t\r\x0b\x0c\xef\xbb\xbf")]
    kept = _reasons(tmp_path, [GOOD, *lines, GOOD])
    assert [line for line, _ in kept] == [number + 1 for number, _ in numbered]


def test_a_line_rejected_in_a_log_and_in_a_document_is_one_reject(tmp_path):
    bad = _count("1.5")
    write(tmp_path / "logs" / "a.jsonl", [GOOD, bad])
    (tmp_path / "logs" / "b.json").write_bytes(b"[" + GOOD + b",\n" + bad + b"]")
    assert read(tmp_path / "ledger", tmp_path / "logs").total("rejected") == 2
    assert query(tmp_path / "ledger", "select count(distinct line_hash) from reject") == [(1,)]


def test_objects_side_by_side_on_a_line_are_as_many_calls(tmp_path):
    lines = [json.dumps(chat(name)).encode() for name in ("a", "b", "c", "d")]
    result = read(tmp_path / "ledger", write(tmp_path / "log.jsonl", [lines[0], lines[1] + lines[2] + b" " + lines[3]]))
    assert (result.total("new"), result.total("rejected")) == (4, 0)


def test_a_damaged_or_foreign_first_line_does_not_make_a_document_of_a_log(tmp_path):
    for first in (b'{"id":"chatcmpl-1",', b"[INFO] starting up"):
        path = write(
            tmp_path / f"{len(first)}.jsonl", [first, *(json.dumps(chat(name)).encode() for name in ("a", "b"))]
        )
        result = read(tmp_path / f"ledger {len(first)}", path)
        assert (result.total("new"), result.total("rejected")) == (2, 1)


def test_usage_in_a_text_that_is_no_json_is_told_by_its_column_alone(tmp_path):
    header = "request_id,call_type,startTime,spend,metadata"
    row = "lt-1-5f0c1d2e,acompletion,2026-11-10 08:00:00,0.01,\"{'usage_object': {'prompt_tokens': 7}}\""
    (tmp_path / "spend.csv").write_text(f"{header}\n{row}\n")
    read(tmp_path / "ledger", tmp_path / "spend.csv")
    assert rejects(tmp_path / "ledger") == [(2, "metadata is neither empty nor JSON")]


def test_marks_inside_the_texts_of_a_mapping_are_texts(tmp_path):
    mapping = tmp_path / "map.yaml"
    mapping.write_text(
        'fields: {timestamp: t, customer_id: {const: "me@corp.com"}, model: m, input_tokens: i}\ntags: ["user@host", "$input"]\n'
    )
    (tmp_path / "a.csv").write_text("t,m,i,user@host,$input\n2026-11-01T10:00:00Z,gpt-5.4,7,x,y\n")
    ingest(
        IngestRequest(
            paths=[str(tmp_path / "a.csv")], ledger=tmp_path / "ledger", mapping=read_mapping(mapping), mapping_text="m"
        )
    )
    found = query(tmp_path / "ledger", "select customer_id, tags, uncached_input_tokens from request")
    assert found == [("me@corp.com", '{"customer_id":"me@corp.com","user@host":"x","$input":"y"}', 7)]


@pytest.mark.slow
def test_line_numbers_in_a_log_read_by_several_threads_at_once(tmp_path):
    """DuckDB keeps the order of lines in a table filled in one go, which nothing documents."""
    good = [b'{"timestamp":"2026-11-01T10:00:00.%06dZ","model":"gpt-5.4","input_tokens":9}' % n for n in range(1000)]
    lines = [b'%b,"part":%d}' % (line[:-1], part) for part in range(1, 251) for line in good]
    bad = sorted(random.Random(4).sample(range(len(lines)), 300))  # noqa: S311
    for place in bad:
        lines[place] = b"{torn" if place % 2 else lines[place].replace(b":9", b":-9")
    blank = set(range(0, len(lines), 997))
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"".join((b"\n" if place in blank else b"") + line + b"\n" for place, line in enumerate(lines)))
    result = read(tmp_path / "ledger", path)
    # Every line is a part of a call.
    assert (result.total("lines"), result.total("parts")) == (len(lines), len(lines) - len(bad))
    assert [line for line, _ in rejects(tmp_path / "ledger")] == [place + 1 + place // 997 + 1 for place in bad]


DAMAGED = {
    "byte order mark": b"\xef\xbb\xbf" + GOOD,
    "bad UTF-8": GOOD.replace(b'"choices"', b'"note": "caf\xe9", "choices"'),
    "half a surrogate": GOOD.replace(b'"choices"', b'"note": "\\ud83d", "choices"'),
    "raw control characters": GOOD.replace(b'"choices"', b'"note": "a\x01b\tc", "choices"'),
    "spaces": b"   " + GOOD + b"  \r",
    "a key twice": GOOD.replace(b'"choices"', b'"id": "chatcmpl-second", "choices"'),
    "deep": GOOD.replace(b'"choices": []', b'"choices": ' + b"[" * 400 + b"]" * 400),
}


@pytest.fixture(scope="module")
def damaged(tmp_path_factory):
    """A ledger of a log for each damaged line, whose call is named by its place."""

    def read_lines(folder):
        for place, line in enumerate(DAMAGED.values()):
            write(
                folder / "logs" / f"{place}.jsonl", [native(latency_ms=place), line.replace(b"good", b"good%d" % place)]
            )
        result = read(folder / "ledger", folder / "logs")
        assert {(file.status, file.lines, file.new, file.rejected) for file in result.files} == {("read", 2, 2, 0)}

    return made_once(tmp_path_factory, "damaged", read_lines) / "ledger"


@pytest.mark.parametrize("name", DAMAGED)
def test_a_paid_call_on_a_damaged_line_is_read(damaged, name):
    place = list(DAMAGED).index(name)
    sql = "select request_id, uncached_input_tokens from request join file using (file_id) where issuer = 'openai' and path like $path"
    assert query(damaged, sql, path=f"%/{place}.jsonl") == [(f"chatcmpl-good{place}-0a1b2c3d", 100)]


_NOT_UTF8 = "not UTF-8 text; save the file as UTF-8, or convert it with iconv"


def test_names_that_are_not_utf8_do_not_become_one(tmp_path):
    """Two customers and two calls of one instant that differ in nothing but a byte."""
    mapping = tmp_path / "map.yaml"
    mapping.write_text("fields: {timestamp: t, model: m, input_tokens: i, customer_id: c}\ntags: []\n", "utf-8")
    head = b"t,m,i,c,note\n"
    rows = (
        b"2026-11-20 10:01:00.123,gpt-4o,300,%b,\n" % name for name in (b"M\xf6ller", b"M\xfcller", b"M\xc3\xbcller")
    )
    # What is not kept may be anything.
    (tmp_path / "log.csv").write_bytes(head + b"".join(rows) + b"2026-11-20 10:02:00,gpt-4o,200,acme,caf\xe9\n")
    read(tmp_path / "ledger", tmp_path / "log.csv", mapping=read_mapping(mapping), mapping_text=mapping.read_text())
    assert rejects(tmp_path / "ledger") == [(2, _NOT_UTF8), (3, _NOT_UTF8)]
    sql = "select customer_id, uncached_input_tokens from request order by all"
    assert query(tmp_path / "ledger", sql) == [("Müller", 300), ("acme", 200)]


def test_of_json_too_what_is_kept_has_to_be_utf8(tmp_path):
    named = json.dumps(native(customer_id="Muller")).encode()
    lines = [
        json.dumps(native(customer_id="acme")).encode(),
        named.replace(b"u", b"\xfc", 1),
        named.replace(b"Mu", b"M\xfc"),
    ]
    assert _reasons(tmp_path, lines) == [(2, _NOT_UTF8), (3, _NOT_UTF8)]
    (tmp_path / "log.json").write_bytes(b"[" + b",\n".join(lines) + b"]")
    assert read(tmp_path / "of documents", tmp_path / "log.json").total("new") == 1


def test_a_count_or_a_time_with_a_byte_that_is_not_utf8_is_told_as_that(tmp_path):
    mapping = tmp_path / "map.yaml"
    mapping.write_text("fields: {timestamp: t, model: m, input_tokens: i}\ntags: []\n", "utf-8")
    (tmp_path / "log.csv").write_bytes(b"t,m,i\n2026-11-20,gpt-4o,1\xa0000\n20. M\xe4rz,gpt-4o,1\n")
    read(tmp_path / "ledger", tmp_path / "log.csv", mapping=read_mapping(mapping), mapping_text=mapping.read_text())
    assert rejects(tmp_path / "ledger") == [(2, _NOT_UTF8), (3, _NOT_UTF8)]


def test_keys_in_the_wrong_case_are_other_keys(tmp_path):
    lines = [
        GOOD,
        GOOD.replace(b'"object"', b'"Object"'),
        GOOD.replace(b'"usage"', b'"Usage"').replace(b"good", b"none"),
    ]
    assert _reasons(tmp_path, lines) == [(2, "no source knows this shape")]
    # The third is a call whose usage nobody states.
    assert query(tmp_path / "ledger", "select count(*), count(uncached_input_tokens) from request") == [(2, 1)]


def test_a_record_without_a_time_says_how_to_give_one(tmp_path):
    line = GOOD.replace(b'"created"', b'"made"')
    ((_, reason),) = _reasons(tmp_path, [native(), line])
    assert reason == "no time in the record; `--at ISO|mtime` assumes one"
    assert read(tmp_path / "ledger", tmp_path / "log.jsonl", at="2026-11-01 12:00:00").total("rejected") == 0
    assert rejects(tmp_path / "ledger") == []


def test_a_time_that_cannot_be_read_is_not_made_up(tmp_path):
    """`--at` is for records that state none; here one does in a mapped table, one in an envelope, and two do not."""
    mapping = tmp_path / "map.yaml"
    mapping.write_text("fields: {timestamp: t, model: m, input_tokens: i}\n", "utf-8")
    (tmp_path / "log.csv").write_text("t,m,i\n20.11.2026 10:00,gpt-4o,1000\n,gpt-4o,200\n2026-11-20 10:00,gpt-4o,30\n")
    at = {"at": "2026-11-22 12:00:00"}
    read(tmp_path / "a", tmp_path / "log.csv", mapping=read_mapping(mapping), mapping_text=mapping.read_text(), **at)
    told = "is '20.11.2026 10:00', neither a date of ISO 8601 with month and day nor Unix time"
    next_step = "write it as 2026-11-20 10:00 (`--at` is for records without a time)"
    assert rejects(tmp_path / "a") == [(2, f"t {told}; {next_step}")]
    sql = "select started_at::varchar, uncached_input_tokens from request order by all"
    assert query(tmp_path / "a", sql) == [("2026-11-20 10:00:00", 30), ("2026-11-22 12:00:00", 200)]

    body = {key: value for key, value in chat("enveloped").items() if key != "created"}
    write(
        tmp_path / "log.jsonl",
        [
            {"ts": "20.11.2026 10:00", "response": {**body, "id": "chatcmpl-unread-0a1b2c3d"}},
            # How long it took, which is no time of the day.
            {"request_time": 0.85, "response": body},
        ],
    )
    read(tmp_path / "b", tmp_path / "log.jsonl", **at)
    assert rejects(tmp_path / "b") == [(1, f"ts {told}; {next_step}")]
    assert query(tmp_path / "b", sql) == [("2026-11-22 12:00:00", 100)]


def test_the_files_own_time_may_stand_in(tmp_path):
    path = write(tmp_path / "log.jsonl", [GOOD.replace(b'"created"', b'"made"')])
    os.utime(path, (1793700000, 1793700000))
    read(tmp_path / "ledger", path, at="mtime")
    found = query(tmp_path / "ledger", "select started_at::varchar, time_origin from request")
    assert found == [("2026-11-03 10:00:00", "assumed")]


def test_usage_without_a_model_is_kept_unpriced(tmp_path):
    line = {**chat("nameless"), "model": None}
    assert _reasons(tmp_path, [line]) == []
    found = query(tmp_path / "ledger", "select uncached_input_tokens, cost, cost_status from request")
    assert found == [(100, None, "unpriced")]


def test_the_last_line_cut_short_waits_for_the_next_run(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_bytes(GOOD + b"\n" + GOOD[:-30])
    result = read(tmp_path / "ledger", path)
    assert (result.total("pending"), result.total("rejected"), result.files[0].status) == (1, 0, "partial")
    path.write_bytes(GOOD + b"\n" + GOOD[:-30].replace(b"good", b"next") + GOOD[-30:] + b"\n")
    result = read(tmp_path / "ledger", path)
    assert (result.total("new"), result.total("pending"), result.files[0].status) == (1, 0, "read")


@pytest.mark.slow
def test_a_line_of_twenty_megabytes_and_one_of_eighty(tmp_path):
    def long(name, megabytes):
        return GOOD.replace(b"good", name).replace(
            b'"choices"', b'"note": "' + b"x" * (megabytes << 20) + b'", "choices"'
        )

    path = write(
        tmp_path / "log.jsonl", [GOOD, long(b"twenty", 20), b"{torn", long(b"eighty", 80), b'{"torn": again', GOOD]
    )
    result = read(tmp_path / "ledger", path)
    assert (result.total("new"), result.total("known"), result.total("lines")) == (3, 1, 6)
    assert [line for line, _ in rejects(tmp_path / "ledger")] == [3, 5]


def test_rejects_of_a_file_are_replaced_when_it_is_read_again(tmp_path):
    assert len(_reasons(tmp_path, [GOOD, b"{", b"}"])) == 2
    assert len(_reasons(tmp_path, [GOOD, b"{", GOOD.replace(b"good", b"next"), b""])) == 1


def test_rejects_hold_no_text_of_the_log(tmp_path):
    path = write(
        tmp_path / "log.jsonl",
        [GOOD, b'{"prompt": "the secret plan', json.dumps({"prompt": "the secret plan"}).encode()],
    )
    read(tmp_path / "ledger", path)
    kept = list(stored_rejects(tmp_path / "ledger"))
    assert [(reject.path, reject.line) for reject in kept] == [(str(path), 2), (str(path), 3)]
    assert all(len(reject.line_hash) == 16 and "secret" not in reject.reason for reject in kept)
    assert b"secret" not in (tmp_path / "ledger").read_bytes()


@pytest.mark.parametrize("ending", [".gz", pytest.param(".zst", marks=pytest.mark.slow)])
def test_a_compressed_file_cut_short_gives_what_it_holds_and_says_so(tmp_path, ending):
    chance = random.Random(5)  # noqa: S311
    lines = [chat(f"{n}-{chance.getrandbits(128):032x}") for n in range(3000)]
    path = write(tmp_path / f"log.jsonl{ending}", lines)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    result = read(tmp_path / "ledger", path)
    ((line, reason),) = rejects(tmp_path / "ledger")
    assert reason == "the compressed data ends too early or is damaged from here on"
    assert result.total("new") in (line - 1, line - 2)
    assert result.files[0].status == "partial"
    path.write_bytes(content)
    again = read(tmp_path / "ledger", path)
    assert (again.total("new") + again.total("known"), again.total("rejected")) == (3000, 0)


@pytest.mark.parametrize("ending", [".gz", ".zst"])
@pytest.mark.parametrize("share", [3, 2])
def test_a_compressed_file_that_yields_nothing_is_not_taken_for_an_empty_one(tmp_path, ending, share):
    path = write(tmp_path / f"log.jsonl{ending}", [GOOD])
    content = bytearray(path.read_bytes())
    path.write_bytes(content[: len(content) // share])
    result = read(tmp_path / "ledger", path)
    assert [file.status for file in result.files] == ["unrecognised"]
    assert result.files[0].rejects[0].reason == "the compressed data ends too early or is damaged from here on"
    assert not result.complete


def test_corrupt_compressed_files_do_not_keep_a_folder_from_being_read(tmp_path):
    for ending in (".gz", ".zst"):
        path = write(tmp_path / "logs" / f"bad.jsonl{ending}", [GOOD] * 50)
        content = bytearray(path.read_bytes())
        content[len(content) // 2 : len(content) // 2 + 8] = b"\xff" * 8
        path.write_bytes(content)
    write(tmp_path / "logs" / "good.jsonl", [chat("other")])
    result = read(tmp_path / "ledger", tmp_path / "logs")
    assert {file.path.rsplit("/", 1)[1]: file.status for file in result.files} == {
        "bad.jsonl.gz": result.files[0].status,
        "bad.jsonl.zst": result.files[1].status,
        "good.jsonl": "read",
    }
    assert all(file.rejects for file in result.files[:2])


def test_things_in_a_folder_that_are_no_logs_keep_nothing_from_being_read(tmp_path):
    logs = tmp_path / "logs"
    write(logs / "a.jsonl", [GOOD])
    (logs / "empty.jsonl").touch()
    (logs / "blank.jsonl").write_bytes(b"\n \r\n\n")
    (logs / "binary.bin").write_bytes(random.Random(1).randbytes(5000))  # noqa: S311
    (logs / "text.txt").write_text("Dear reader,\nthis is no log.\n")
    (logs / "nothing.jsonl").symlink_to(logs / "gone")
    (logs / "itself.jsonl").symlink_to(logs / "itself.jsonl")
    (logs / "up").symlink_to(logs)
    (logs / "again.jsonl").symlink_to(logs / "a.jsonl")
    (logs / "empty folder").mkdir()
    os.mkfifo(logs / "pipe.jsonl")
    result = read(tmp_path / "ledger", logs)
    statuses = {file.path.rsplit("/", 1)[1]: file.status for file in result.files}
    unreadable = {"binary.bin", "text.txt", "nothing.jsonl", "itself.jsonl", "pipe.jsonl"}
    # `again.jsonl` is another name of `a.jsonl`, and `up` leads nowhere new.
    assert statuses == dict.fromkeys(("a.jsonl", "empty.jsonl", "blank.jsonl"), "read") | dict.fromkeys(
        unreadable, "unrecognised"
    )
    assert (result.total("new"), result.total("rejected")) == (1, 0)
    assert result.complete


def test_what_a_folder_does_not_let_be_read_is_said(tmp_path, monkeypatch):
    logs = tmp_path / "logs"
    write(logs / "a.jsonl", [GOOD])
    (logs / "closed").mkdir()
    (logs / "gone.jsonl").symlink_to(logs / "nowhere")
    looked_into = os.scandir

    def refused(path="."):
        if path in {logs / "closed", str(logs / "closed")}:
            raise PermissionError(13, "Permission denied", str(path))
        return looked_into(path)

    monkeypatch.setattr("os.scandir", refused)
    result = read(tmp_path / "ledger", logs)
    assert (result.total("new"), result.complete) == (1, True)
    first, *others = remarks(result)
    reasons = ("closed: Permission denied", "gone.jsonl: No such file or directory")
    assert first.message == f"passed over 2 paths: {'; '.join(f'cannot read {logs}/{one}' for one in reasons)}"
    assert first.serious
    assert not any("unrecognised" in one.message for one in others)
    assert f"  unreadable  {logs}/closed\n" in as_text(result)
    assert {file.status for file in result.unrecognised} == {"unrecognised"}
    with pytest.raises(DataError, match=f"cannot read {logs}/closed: Permission denied"):
        read(tmp_path / "ledger", logs / "closed")


def test_a_pipe_given_by_name_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="not a regular file") as raised:
        read(tmp_path / "ledger", tmp_path / "pipe")
    assert raised.value.hint == "pipe it in instead: `... | llmcost ingest -`"


def test_names_are_only_names(tmp_path):
    names = [
        "a*[b]?.jsonl",
        'it\'s "quoted".jsonl',
        "new\nline.jsonl",
        "-dash.jsonl",
        "{x}.jsonl",
        "50%20.jsonl",
        "ünïcode.jsonl",
    ]
    for number, name in enumerate(names):
        write(tmp_path / "logs" / name, [chat(f"n{number}")])
    with open(os.fsencode(tmp_path / "logs") + b"/caf\xe9.jsonl", "wb") as file:  # noqa: PTH123  a name that is no text
        file.write(as_bytes([chat("latin")]))
    assert read(tmp_path / "ledger", tmp_path / "logs").total("new") == 8
    assert {file.status for file in read(tmp_path / "ledger", tmp_path / "logs").files} == {"known"}
    assert [file.status for file in read(tmp_path / "ledger", tmp_path / "logs" / "a*[b]?.jsonl").files] == ["known"]


def test_an_empty_folder_and_a_path_that_is_not_there(tmp_path):
    (tmp_path / "logs").mkdir()
    with pytest.raises(DataError, match="no files in"):
        read(tmp_path / "ledger", tmp_path / "logs")
    assert not (tmp_path / "ledger").exists()
    with pytest.raises(UsageError, match="no such file or folder"):
        read(tmp_path / "ledger", tmp_path / "gone.jsonl")


@pytest.mark.slow
def test_a_file_that_is_no_log_any_more_leaves_its_calls_and_their_file_alone(tmp_path):
    first, second = write(tmp_path / "a.jsonl", [chat("a")]), write(tmp_path / "b.jsonl", [chat("b")])
    read(tmp_path / "ledger", first, second)
    write(second, [b"not", b"a log"])
    read(tmp_path / "ledger", write(first, [chat("a"), chat("c")]), second)
    read(tmp_path / "ledger", write(tmp_path / "d.jsonl", [chat("d")]))
    found = query(
        tmp_path / "ledger", "select request_id[10:10], path[-7:-7] from request join file using (file_id) order by 1"
    )
    assert found == [("a", "a"), ("b", "b"), ("c", "a"), ("d", "d")]


def test_strict_reading_and_unrecognised_files_by_exit_code(cli, tmp_path):
    write(tmp_path / "log.jsonl", [GOOD, b"{"])
    write(tmp_path / "other.txt", [b"no", b"log"])
    assert cli("ingest", "log.jsonl").code == 0
    strict = cli("ingest", "log.jsonl", "--strict", "--db", "strict.duckdb")
    assert (strict.code, "log.jsonl:2: not JSON" in strict.stderr) == (3, True)
    named = cli("ingest", "log.jsonl", "other.txt")
    assert (named.code, "other.txt: no source recognises this file" in named.stderr) == (3, True)


def test_a_table_whose_rows_do_not_fit_its_header_says_so(cli, tmp_path):
    header, row = b"timestamp,request_id,model,team", b"2026-11-01T10:00:00Z,call-000001,gpt-4o,a"
    write(tmp_path / "long.csv", [header, row + b",", row + b","])
    write(tmp_path / "short.csv", [header, row[:-2], row[:-2]])
    write(tmp_path / "sep.csv", [b"sep=;", header.replace(b",", b";"), row.replace(b",", b";")])
    write(tmp_path / "other.csv", [b"a,b", b"1,2", b"3,4,5"])
    said = cli("ingest", "long.csv", "short.csv", "sep.csv", "other.csv")
    fit = "rows do not fit their header: row 2 has"
    assert said.code == 3
    assert f"warning: long.csv: {fit} 5 cells where the header has 4\n" in said.stderr
    assert f"warning: short.csv: {fit} 3 cells where the header has 4\n" in said.stderr
    assert f"warning: sep.csv: {fit} 4 cells where the header has 2\n" in said.stderr
    assert "warning: other.csv: no source recognises this file\n" in said.stderr


def test_a_strict_run_says_what_could_not_be_read(cli, tmp_path):
    write(tmp_path / "logs" / "a.jsonl", [GOOD])
    write(tmp_path / "logs" / "b.txt", [b"no", b"log"])
    folder = cli("ingest", "-q", "--strict", "logs")
    assert (folder.code, folder.stderr) == (
        3,
        "warning: 1 file could not be read (logs/b.txt), and --strict was given\n",
    )
    write(tmp_path / "logs" / "a.jsonl", [GOOD, b"{"])
    both = cli("ingest", "-q", "--strict", "logs", "--db", "both.duckdb")
    assert both.stderr == (
        "warning: some lines could not be read, 1 file could not be read (logs/b.txt), and --strict was given\n"
        "  hint: `llmcost db rejects --db both.duckdb` lists them\n"
    )


def test_standard_input_is_read_once(cli):
    log = as_bytes([chat("one"), chat("two")]).decode()
    for new in (2, 0):
        run = cli("ingest", "-", "--format", "json", stdin=log)
        assert (run.code, json.loads(run.stdout)["totals"]["new"]) == (0, new)


@pytest.mark.slow
def test_a_log_written_to_while_it_is_read_loses_nothing(tmp_path):
    """A writer appends whole lines all the time; what one run does not see, a later one does."""
    path = write(tmp_path / "log.jsonl", [chat("first")])
    stop = threading.Event()
    written = ["first"]

    def append() -> None:
        while not stop.is_set():
            written.append(f"n{len(written)}")
            with path.open("ab", buffering=0) as file:
                content = as_bytes([chat(written[-1])])
                file.write(content[:50])
                file.write(content[50:])

    writer = threading.Thread(target=append)
    writer.start()
    try:
        results = [read(tmp_path / "ledger", path) for _ in range(2)]
    finally:
        stop.set()
        writer.join()
    results.append(read(tmp_path / "ledger", path))
    assert [result.total("rejected") for result in results] == [0, 0, 0]
    assert query(tmp_path / "ledger", "select count(*) from request") == [(len(written),)]


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        ("kong-ai/log.jsonl", "usage.completion_tokens is 10.5, not a count"),
        ("nginx-json/access.jsonl", "prompt_tokens is 12,400, not a count"),
        ("envoy-ai-gateway/access.jsonl", "gen_ai.usage.input_tokens is -3, not a count"),
    ],
)
def test_a_count_under_a_name_of_the_operators_choice_is_named_as_well(tmp_path, log, reason):
    read(tmp_path / "ledger", FIXTURES / log)
    assert reason in [told for _, told in rejects(tmp_path / "ledger")]


def test_equal_lines_are_as_many_as_the_file_has_that_has_most_of_them(tmp_path):
    odd, broken = b'{"usage":null}', b"garbage"
    path = write(tmp_path / "a.jsonl", [GOOD, *[odd] * 5, broken, broken])
    assert read(tmp_path / "ledger", path).total("rejected") == 7
    with database.reading(tmp_path / "ledger") as connection:
        assert rejected_lines(connection) == 7
    # Perhaps the same six, and one more of the other.
    write(tmp_path / "b.jsonl", [chat("another"), *[odd] * 4, *[broken] * 3])
    read(tmp_path / "ledger", tmp_path / "b.jsonl")
    with database.reading(tmp_path / "ledger") as connection:
        assert rejected_lines(connection) == 5 + 3


def test_the_ends_of_damaged_archives_are_not_one_line(tmp_path):
    paths = [write(tmp_path / f"{name}.jsonl.gz", [chat(f"{name}-{n}") for n in range(50)]) for name in "abc"]
    for path in paths:
        path.write_bytes(path.read_bytes()[:-12])
    shutil.copy(paths[0], tmp_path / "copy.jsonl.gz")
    read(tmp_path / "ledger", *paths)
    read(tmp_path / "ledger", tmp_path / "copy.jsonl.gz")
    with database.reading(tmp_path / "ledger") as connection:
        assert rejected_lines(connection) == 3


def test_zstandard_may_begin_with_a_frame_that_is_to_be_skipped(tmp_path):
    import zstandard

    skipped = [bytes([kind]) + b"\x2a\x4d\x18\x04\x00\x00\x00abcd" for kind in (0x50, 0x5F)]
    frames = [zstandard.compress(as_bytes([chat(name)])) for name in ("one", "two")]
    path = tmp_path / "log.jsonl.zst"
    path.write_bytes(skipped[0] + frames[0] + skipped[1] + frames[1])
    result = read(tmp_path / "ledger", path)
    assert (result.total("new"), result.total("rejected")) == (2, 0)
    # Of a table too, which is read in another way.
    table = tmp_path / "table.csv.zst"
    table.write_bytes(
        skipped[1] + zstandard.compress(b"timestamp,model,input_tokens\n2026-11-01T10:00:00Z,gpt-5.4,100\n")
    )
    assert read(tmp_path / "ledger", table).total("new") == 1


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("costs.xlsx", b"PK\x03\x04....[Content_Types].xml", "an Excel workbook; save the sheet as CSV in UTF-8"),
        ("logs.zip", b"PK\x03\x04....log.jsonl", "a zip archive; unpack it first"),
        ("bill.pdf", b"%PDF-1.7\n%\xe2\xe3", "a PDF; ask for the same as CSV or JSON"),
        ("log.csv", "t,m\n1,2\n".encode("utf-16"), "UTF-16 text; save it as UTF-8"),
        ("log.jsonl", '{"id": "a"}\n'.encode("utf-16-le"), "UTF-16 text; save it as UTF-8"),
    ],
)
def test_a_file_that_many_people_have_and_nobody_reads_is_named(tmp_path, name, content, told):
    path = tmp_path / name
    path.write_bytes(content)
    (said,) = remarks(read(tmp_path / "ledger", path))
    assert said.message.startswith(f"{path} is {told}")
    with pytest.raises(DataError, match=told):
        suggest(path)
    (detection,) = detect([str(path)])
    assert (detection.format, detection.foreign is not None) == ("unknown", True)
    (file,) = ingest_outcomes(OutcomeRequest(paths=[str(path)], ledger=tmp_path / "outcomes")).files
    assert [reject.reason.startswith(told) for reject in file.rejects] == [True]


def test_who_has_a_mapping_is_not_told_to_draft_one(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("t,m,i\n")
    mapping = mapping_of(parse_document("fields: {timestamp: t, model: m, input_tokens: i}", "map.yaml"))
    (said,) = remarks(read(tmp_path / "ledger", path, mapping=mapping), mapped=True)
    assert said.message == f"{path}: no rows or records that the mapping could read"
    assert "drafts" not in (said.hint or "")


def test_a_damaged_parquet_file_of_a_folder_keeps_no_other_from_being_read(tmp_path):
    """One that is still being written, one that is none inside, and one whose name is no UTF-8."""
    logs = tmp_path / "logs"
    logs.mkdir()
    (tmp_path / "good.jsonl").write_text(json.dumps(native(input_tokens=7)))
    with duckdb.connect() as connection:
        path = tmp_path / "good.parquet"
        connection.execute(f"copy (from read_json('{tmp_path / 'good.jsonl'}')) to '{path}'")
    whole = path.read_bytes()
    # An odd name: brackets are no pattern, \xff is no UTF-8.
    Path(os.fsdecode(os.fsencode(logs) + b"/[1]\xff.parquet")).write_bytes(whole)
    (logs / "cut.parquet").write_bytes(whole[: len(whole) // 2])
    (logs / "footer.parquet").write_bytes(whole[:4] + b"\0" * 100 + b"PAR1")
    result = read(tmp_path / "ledger", logs)

    assert query(tmp_path / "ledger", "select uncached_input_tokens from request") == [(7,)]
    assert [file.status for file in result.files] == ["read", "unrecognised", "unrecognised"]
    damaged = "damaged, or not all there: no Parquet from here on"
    assert [one.message for one in remarks(result)] == [
        f"{logs}/{name}.parquet: {damaged}" for name in ("cut", "footer")
    ]
    found = {Path(one.path).name: (sum(one.routes.values()), one.unreadable) for one in detect([str(logs)])}
    assert found == {"[1]\udcff.parquet": (1, 0), "cut.parquet": (0, 1), "footer.parquet": (0, 1)}
    mapping = {"fields": {"timestamp": "timestamp", "model": "model", "input_tokens": "input_tokens"}, "tags": []}
    (tmp_path / "map.yaml").write_text(json.dumps(mapping))
    mapped = read_mapping(tmp_path / "map.yaml")
    assert read(tmp_path / "mapped", logs, mapping=mapped, mapping_text="").total("new") == 1
