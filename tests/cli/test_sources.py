"""`llmcost sources`."""

import gzip
import json
import os

import duckdb
import pytest

CHAT = {
    "id": "chatcmpl-9Zq3v0aXw1",
    "object": "chat.completion",
    "created": 1793700000,
    "model": "gpt-4o-2024-08-06",
    "usage": {"prompt_tokens": 10, "completion_tokens": 2},
}
MESSAGE = {
    "id": "msg_01Qz",
    "type": "message",
    "role": "assistant",
    "model": "claude-sonnet-4-5-20250929",
    "usage": {"input_tokens": 3, "output_tokens": 4},
}


@pytest.fixture
def log(tmp_path):
    """Writes records, one a line."""

    def write(name, *records):
        path = tmp_path / name
        path.write_text("".join(json.dumps(record) + "\n" for record in records))
        return path

    return write


@pytest.mark.parametrize("arguments", [["sources"], ["sources", "list"]])
def test_sources_are_listed_by_id_and_title(cli, arguments):
    done = cli(*arguments)

    assert done.stdout.splitlines()[0].split() == ["ID", "Reads"]
    assert ["anthropic-batch", "Anthropic batch results"] in [
        line.split(maxsplit=1) for line in done.stdout.splitlines()
    ]
    assert all(len(line) <= 80 for line in done.stdout.splitlines())
    assert (done.stderr, done.code) == ("", 0)


def test_the_list_as_json_says_what_may_stand_in_an_envelope(cli):
    document = json.loads(cli("sources", "list", "--format", "json").stdout)

    assert document["schema"] == "llmcost/sources/1"
    envelope = {entry["id"]: entry["envelope"] for entry in document["sources"]}
    assert (envelope["openai-chat"], envelope["litellm-spend-logs"]) == (True, False)


def test_a_source_shows_its_semantics_keys_and_columns(cli):
    done = cli("sources", "show", "anthropic-messages")

    assert done.stdout.startswith("anthropic-messages: Anthropic messages\n")
    assert "excludes cache reads and writes" in done.stdout
    assert "usage.cache_read_input_tokens" in done.stdout
    assert "uncached_input_tokens" in done.stdout
    assert all(len(line) <= 80 for line in done.stdout.splitlines())
    assert (done.stderr, done.code) == ("", 0)


def test_a_source_as_json_lists_what_it_reads_and_fills(cli):
    document = json.loads(cli("sources", "show", "anthropic-batch", "--format", "json").stdout)

    assert document["schema"] == "llmcost/source/1"
    assert document["id"] == "anthropic-batch"
    assert "custom_id" in document["keys"]
    assert "request_id" in document["columns"]


def test_an_unknown_source_names_the_nearest(cli):
    done = cli("sources", "show", "openai-chta")

    assert done.stdout == ""
    assert "unknown source 'openai-chta'" in done.stderr
    assert "did you mean 'openai-chat'" in done.stderr
    assert done.code == 2


def test_detect_counts_records_by_source_and_place(cli, log):
    log("app.jsonl", {"ts": "2026-11-02T10:00:00Z", "response": CHAT}, CHAT, {"ts": "x", "response": MESSAGE}, {"a": 1})
    done = cli("sources", "detect", "app.jsonl")

    assert done.stdout.splitlines() == [
        "app.jsonl (lines)",
        "  openai-chat in response         1",
        "  openai-chat                     1",
        "  anthropic-messages in response  1",
        "  no source                       1",
    ]
    assert (done.stderr, done.code) == ("", 0)


def test_detect_as_json_names_the_mount(cli, log):
    log("app.jsonl", {"ts": "2026-11-02T10:00:00Z", "response": {"body": MESSAGE}})
    done = cli("sources", "detect", "--format", "json", "app.jsonl")

    (file,) = json.loads(done.stdout)["files"]
    assert file["sources"] == [{"id": "anthropic-messages", "mount": "response.body", "records": 1}]
    assert (file["records"], file["contested"], file["unclaimed"], file["unreadable"]) == (1, [], 0, 0)


def test_detect_shows_the_candidates_of_a_record_that_two_sources_claim(cli, log):
    log("both.jsonl", {**CHAT, **MESSAGE})
    done = cli("sources", "detect", "both.jsonl")

    assert "  anthropic-messages or openai-chat  1" in done.stdout.splitlines()
    assert "--source ID" in done.stderr
    assert done.code == 3


def test_detect_exits_3_when_a_file_is_no_sources(cli, log):
    log("known.jsonl", CHAT)
    log("strange.jsonl", {"hello": "world"})
    done = cli("sources", "detect", "known.jsonl", "strange.jsonl")

    assert "known.jsonl (lines)" in done.stdout
    assert "1 file not recognised: strange.jsonl" in done.stderr
    assert "--suggest-map" in done.stderr
    assert done.code == 3


def test_detect_passes_over_an_empty_file(cli, tmp_path):
    (tmp_path / "empty.jsonl").write_bytes(b"")
    done = cli("sources", "detect", "empty.jsonl")

    assert (done.stdout, done.stderr, done.code) == ("empty.jsonl (empty)\n", "", 0)


def test_detect_says_which_lines_hold_no_record(cli, tmp_path):
    (tmp_path / "app.jsonl").write_text(json.dumps(CHAT) + "\nnot json\n[1]\n")
    done = cli("sources", "detect", "app.jsonl")

    assert done.stdout.splitlines()[1:] == ["  openai-chat  1", "  no record    2"]
    assert done.code == 0


def test_detect_survives_half_a_surrogate_pair(cli, tmp_path):
    (tmp_path / "app.jsonl").write_text(json.dumps({**CHAT, "user": "\ud800x"}) + "\n")
    done = cli("sources", "detect", "app.jsonl")

    assert done.stdout.splitlines()[1:] == ["  openai-chat  1"]
    assert (done.stderr, done.code) == ("", 0)


def test_detect_reads_compressed_files_and_odd_names(cli, tmp_path):
    (tmp_path / "a[1]*.jsonl.gz").write_bytes(gzip.compress(json.dumps(CHAT).encode() + b"\n"))
    done = cli("sources", "detect", "a[1]*.jsonl.gz")

    assert done.stdout.splitlines() == ["a[1]*.jsonl.gz (lines, gzip)", "  openai-chat  1"]


def test_detect_reads_parquet(cli, tmp_path):
    with duckdb.connect() as connection:
        connection.execute(
            "copy (select 'chatcmpl-1' as id, 'chat.completion' as object, 1793700000 as created) to "
            f"'{tmp_path / 'chat.parquet'}' (format parquet)"
        )
    (tmp_path / "chat.parquet").rename(tmp_path / "c[h]at*.parquet")
    done = cli("sources", "detect", "c[h]at*.parquet")

    assert done.stdout.splitlines() == ["c[h]at*.parquet (parquet)", "  openai-chat  1"]


def test_detect_shows_no_control_characters_of_a_file_name(cli, tmp_path):
    (tmp_path / "a\x1b[2J.jsonl").write_text(json.dumps(CHAT) + "\n")
    done = cli("sources", "detect", "a\x1b[2J.jsonl")

    assert done.stdout.splitlines()[0] == "a\\x1b[2J.jsonl (lines)"


def test_detect_of_a_folder_without_files_is_an_error_as_in_ingest(cli, tmp_path):
    (tmp_path / "logs").mkdir()
    detected, ingested = cli("sources", "detect", "logs"), cli("ingest", "logs")
    assert (detected.code, detected.stdout, detected.stderr) == (3, "", ingested.stderr)


def test_detect_passes_over_what_it_cannot_read_in_a_folder_and_tells_the_rest(cli, tmp_path):
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "app.jsonl").write_text(json.dumps(CHAT) + "\n")
    (tmp_path / "logs" / "gone.jsonl").symlink_to("nowhere")
    os.mkfifo(tmp_path / "logs" / "pipe.jsonl")
    done = cli("sources", "detect", "logs")

    assert done.stdout.splitlines() == [
        "logs/app.jsonl (lines)",
        "  openai-chat  1",
        "logs/gone.jsonl (unreadable)",
        "logs/pipe.jsonl (unreadable)",
    ]
    assert done.stderr == (
        "warning: passed over 2 paths: cannot read logs/gone.jsonl: No such file or directory; "
        "logs/pipe.jsonl is not a regular file\n  hint: check their permissions, or name the paths to look at\n"
    )
    assert done.code == 3


def test_detect_does_not_send_people_to_standard_input(cli):
    done = cli("sources", "detect", "-", stdin="{}\n")
    assert done.stderr.startswith("error: standard input cannot be looked at")
    assert done.code == 2


@pytest.mark.parametrize(
    ("path", "code", "said"),
    [
        ("none.csv", 2, "error: no such file: none.csv\n  hint: check the path\n"),
        ("logs", 3, "error: logs is a folder\n  hint: name one of its files\n"),
    ],
)
def test_a_mapping_is_drafted_for_a_file_only(cli, tmp_path, path, code, said):
    (tmp_path / "logs").mkdir()
    done = cli("ingest", "--suggest-map", path)
    assert (done.code, done.stderr) == (code, said)


def test_detect_of_a_missing_file_is_a_usage_error(cli):
    done = cli("sources", "detect", "nowhere.jsonl")

    assert (done.stdout, done.code) == ("", 2)
    assert "no such file or folder: nowhere.jsonl" in done.stderr
