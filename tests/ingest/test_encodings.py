"""In which letters a log may be written."""

import json

import pytest
from tests.ingesting import chat, query, read, write

from llmcost.domain.errors import DataError


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_a_log_in_utf_16_is_called_so(tmp_path, encoding):
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    (tmp_path / "log.jsonl").write_bytes((mark + json.dumps(chat("wide")) + "\n").encode(encoding))
    with pytest.raises(DataError, match=r"log\.jsonl is UTF-16, not UTF-8"):
        read(tmp_path / "ledger", tmp_path / "log.jsonl")


def test_a_log_in_utf_16_in_a_folder_is_passed_over_with_a_reason(tmp_path):
    write(tmp_path / "logs" / "a.jsonl", [chat("good")])
    (tmp_path / "logs" / "b.jsonl").write_bytes((json.dumps(chat("wide")) + "\n").encode("utf-16"))
    result = read(tmp_path / "ledger", tmp_path / "logs")
    assert [file.trouble for file in result.files if file.status == "unrecognised"] == [
        f"{tmp_path}/logs/b.jsonl is UTF-16, not UTF-8"
    ]
    assert query(tmp_path / "ledger", "select count(*) from request") == [(1,)]


def test_a_mark_before_utf_8_is_no_part_of_the_log(tmp_path):
    (tmp_path / "log.jsonl").write_bytes(b"\xef\xbb\xbf" + (json.dumps(chat("marked")) + "\n").encode())
    read(tmp_path / "ledger", tmp_path / "log.jsonl")
    assert query(tmp_path / "ledger", "select count(*) from request") == [(1,)]
