"""A mistake amid a JSON array or a table costs its own element or row, never the rest of the file."""

import json

import pytest
from tests.ingesting import chat, native, read, rejects, rows
from tests.marks import few

COLUMNS = "timestamp,model,input_tokens,output_tokens,feature\n"
PROMPTS = "uncached_input_tokens"


def _row(prompt: int, feature: str = "search") -> str:
    return f"2026-11-01T10:00:{prompt:02d}Z,gpt-5.4,{prompt},1,{feature}\n"


def _prompts(ledger) -> list[int]:
    return sorted(row[PROMPTS] for row in rows(ledger, PROMPTS))


@pytest.mark.parametrize("layout", few(["pretty", "compact", "spaced", "lines"], fast=2))
@pytest.mark.parametrize("broken", few([1, 0, 3]))
def test_a_broken_element_of_an_array_costs_itself_alone(tmp_path, layout, broken):
    bodies = [chat(f"element-{n}", prompt=100 + n) for n in range(4)]
    texts = [json.dumps(body, indent=2 if layout == "pretty" else None) for body in bodies]
    texts[broken] = texts[broken].replace('"usage": {', '"usage": {,', 1)
    if layout == "pretty":
        texts = ["  " + text.replace("\n", "\n  ") for text in texts]
    joint = {"pretty": ",\n", "compact": ",", "spaced": " , ", "lines": ",\n"}[layout]
    start = "[" if layout in {"compact", "spaced"} else "[\n"
    (tmp_path / "log.json").write_text(start + joint.join(texts) + "\n]\n")
    result = read(tmp_path / "ledger", tmp_path / "log.json")
    assert _prompts(tmp_path / "ledger") == [100 + n for n in range(4) if n != broken]
    ((line, reason),) = rejects(tmp_path / "ledger")
    lines = {"pretty": 2 + sum(text.count("\n") + 1 for text in texts[:broken]), "lines": 2 + broken}
    assert line == lines.get(layout, 1)
    assert reason.startswith("not JSON: ")
    assert result.total("rejected") == 1


def test_an_array_cut_short_keeps_what_came_before(tmp_path):
    whole = json.dumps([chat("first", prompt=7), chat("second", prompt=8)], indent=1)
    (tmp_path / "log.json").write_text(whole[:-60])
    read(tmp_path / "ledger", tmp_path / "log.json")
    assert _prompts(tmp_path / "ledger") == [7]
    assert len(rejects(tmp_path / "ledger")) == 1


@pytest.mark.parametrize("stray", ['"chat', '"chat" again', "one,two,three", '"a,b'])
def test_a_row_with_a_stray_quote_or_comma_costs_itself_alone(tmp_path, stray):
    table = COLUMNS + _row(1) + _row(2, stray) + _row(3) + _row(4, '"quoted, twice"') + _row(5)
    (tmp_path / "log.csv").write_text(table)
    read(tmp_path / "ledger", tmp_path / "log.csv")
    assert _prompts(tmp_path / "ledger") == [1, 3, 4, 5]
    ((line, _),) = rejects(tmp_path / "ledger")
    assert line == 3


def test_a_quoted_cell_over_several_lines_is_one_cell(tmp_path):
    (tmp_path / "log.csv").write_text(COLUMNS + _row(1, '"two\nlines"') + _row(2))
    read(tmp_path / "ledger", tmp_path / "log.csv")
    assert [row["feature"] for row in rows(tmp_path / "ledger", "row_key", "feature", PROMPTS)].count("two\nlines") == 1
    assert _prompts(tmp_path / "ledger") == [1, 2]


def test_the_cut_last_row_of_a_growing_table_is_left_for_the_next_run(tmp_path):
    table = COLUMNS + _row(1) + _row(2)
    (tmp_path / "log.csv").write_text(table[:-14])
    read(tmp_path / "ledger", tmp_path / "log.csv")
    assert _prompts(tmp_path / "ledger") == [1]
    assert rejects(tmp_path / "ledger") == []
    (tmp_path / "log.csv").write_text(table)
    read(tmp_path / "ledger", tmp_path / "log.csv")
    assert _prompts(tmp_path / "ledger") == [1, 2]


@pytest.mark.parametrize("last", few(["2,34", "2,3", '2,"34"']))
@pytest.mark.parametrize("renamed", [False, True])
def test_a_row_cut_inside_its_last_cell_makes_room_for_the_whole_one(tmp_path, last, renamed):
    columns = "timestamp,model,feature,input_tokens,output_tokens\n"
    whole = f"{columns}2026-11-01T10:00:01.5Z,gpt-5.4,a,1,1\n2026-11-01T10:00:02.5Z,gpt-5.4,b,{last}"
    log, now = tmp_path / "log.csv", tmp_path / ("log.csv.1" if renamed else "log.csv")
    log.write_text(whole)
    assert read(tmp_path / "ledger", log).total("new") == 2
    log.rename(now)
    with now.open("a") as file:
        file.write("\n2026-11-01T10:00:03.5Z,gpt-5.4,c,3,5" if last.endswith('"') else "56\n")
    read(tmp_path / "ledger", now)
    read(tmp_path / "fresh", now)
    assert rows(tmp_path / "ledger") == rows(tmp_path / "fresh")
    output = {"2,34": [1, 3456], "2,3": [1, 356], '2,"34"': [1, 5, 34]}[last]
    assert sorted(row["output_text_tokens"] for row in rows(tmp_path / "ledger")) == output


@pytest.mark.slow
def test_a_cut_customer_of_a_row_with_an_id_makes_room_unless_another_log_told_of_the_call(tmp_path):
    table = "timestamp,model,input_tokens,output_tokens,request_id,customer_id\n2026-11-01T10:00:01Z,gpt-5.4,1,1,req-4711,ac"
    (tmp_path / "log.csv").write_text(table)
    (tmp_path / "other.jsonl").write_text(
        json.dumps(
            native(timestamp="2026-11-01T10:00:01Z", input_tokens=1, output_tokens=1, request_id="req-4711", team="t")
        )
    )
    for ledger, logs in {"alone": ["log.csv"], "both": ["log.csv", "other.jsonl"]}.items():
        read(tmp_path / ledger, *(tmp_path / log for log in logs))
    (tmp_path / "log.csv").write_text(table + "me\n")
    for ledger in ("alone", "both"):
        read(tmp_path / ledger, tmp_path / "log.csv")
    assert rows(tmp_path / "alone", "request_id", "customer_id", "team") == [
        {"request_id": "req-4711", "customer_id": "acme", "team": None}
    ]
    assert rows(tmp_path / "both", "request_id", "team") == [{"request_id": "req-4711", "team": "t"}]
