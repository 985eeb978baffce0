"""Lines that could not be read are all in the ledger, however many there are, and the first of them are shown."""

import json

from tests.ingesting import native, query, read, write

from llmcost.ingest import rejected
from llmcost.render.ingest import remarks


def test_a_log_of_mostly_other_lines_keeps_each_of_them_as_a_reject(tmp_path, monkeypatch):
    monkeypatch.setattr(rejected, "_HELD", 7)
    lines = [json.dumps({"level": "info", "number": number}) for number in range(40)]
    lines[10] = json.dumps(native(request_id="one"))
    lines[30] = "{broken"
    (tmp_path / "app.jsonl").write_text("\n".join(lines) + "\n")

    (result,) = read(tmp_path / "ledger", tmp_path / "app.jsonl").files

    assert (result.lines, result.new, result.rejected) == (40, 1, 39)
    assert [reject.line for reject in result.rejects] == [1, 2, 3, 4, 5]
    assert query(tmp_path / "ledger", "select line from reject order by line") == [
        (n,) for n in range(1, 41) if n != 11
    ]
    assert query(tmp_path / "ledger", "select count(distinct line_hash) from reject") == [(39,)]
    assert query(tmp_path / "ledger", "select line from reject where reason like 'not JSON%'") == [(31,)]


def test_lines_of_a_file_that_is_known_are_named_again(tmp_path):
    lines = [native(timestamp="2026-11-01T10:00:00.5Z"), {"level": "info"}]
    for name in ("log.jsonl", "copy.jsonl"):
        write(tmp_path / name, lines)
    read(tmp_path / "ledger", tmp_path / "log.jsonl")
    for name in ("log.jsonl", "copy.jsonl"):
        (said,) = remarks(read(tmp_path / "ledger", tmp_path / name))
        assert said.message == f"1 line could not be read: {tmp_path / name}:2: no source knows this shape"
