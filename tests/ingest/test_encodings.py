"""In which letters a log may be written."""

import json

from tests.ingesting import chat, query, read


def test_a_mark_before_utf_8_is_no_part_of_the_log(tmp_path):
    (tmp_path / "log.jsonl").write_bytes(b"\xef\xbb\xbf" + (json.dumps(chat("marked")) + "\n").encode())
    read(tmp_path / "ledger", tmp_path / "log.jsonl")
    assert query(tmp_path / "ledger", "select count(*) from request") == [(1,)]
