"""Each check of tags finds what it is for, in ledgers and in programs, and leaves alone what only looks like it."""

import json
import re
from datetime import UTC
from pathlib import Path

import pytest
from tests.ingesting import memory_ledger, read, write

from llmcost.config.settings import Settings, read_settings
from llmcost.domain.attribution import DEFAULT_ATTRIBUTION
from llmcost.domain.period import Period
from llmcost.ledger import database
from llmcost.ledger.composition import Selection
from llmcost.tags.check import catalogue
from llmcost.tags.glossary import draft
from llmcost.tags.python import parse_python, suppressions_of
from llmcost.tags.run import choice, lint_ledger, lint_python
from llmcost.tags.usage import Usage, usage

ROOT = Path(__file__).parents[2]


def used(*tags: tuple[dict[str, str], int], days: tuple[int, ...] = ()) -> Usage:
    """The usage of a ledger with so many requests of each set of tags, set by set on other days if they are given."""
    with memory_ledger() as connection:
        for (one, requests), day in zip(tags, days or (1,) * len(tags), strict=True):
            filled = {
                column: next((one[key] for key in keys if key in one), None)
                for column, keys in DEFAULT_ATTRIBUTION.items()
            }
            connection.execute(
                f"""
                insert into request by name
                select uuid() as row_key, 0 as part, 's' as source, 'openai' as issuer, 1 as ingest_id,
                    $day::timestamp as started_at, 'log' as time_origin, true as final, 'chat' as operation,
                    'ok' as status, false as gateway_cached, 'billed' as usage_origin, 'priced' as cost_status,
                    'metered' as charge_basis, 0.001 as cost, $tags as tags,
                    {", ".join(f"${column} as {column}" for column in filled)}
                from range({requests})
                """,
                {"day": f"2026-{10 + day // 40:02}-{day % 40:02}", "tags": json.dumps(one), **filled},
            )
        selection = Selection(period=Period(), zone=UTC, basis="requests")
        return usage(connection, selection, Settings().attribution)


def configured(folder: Path, text: str) -> Settings:
    (folder / "llmcost.yaml").write_text(text)
    return read_settings(folder / "llmcost.yaml")


def told(found: Usage, settings: Settings, code: str) -> list[str]:
    return [
        f"{one.message}{' (maybe)' if one.confidence == 'maybe' else ''}"
        for one in lint_ledger(found, settings, choice([code]), Path("ledger")).findings
    ]


def test_odd_tags_are_counted_once_and_as_they_are(tmp_path):
    line = b'{"timestamp":"2026-11-01T10:00:00Z","model":"gpt-5.4","input_tokens":1,"tags":{"a":"x","a":"y","":"z","b/~c":5}}'
    read(tmp_path / "ledger", write(tmp_path / "log.jsonl", [line]))
    with database.reading(tmp_path / "ledger") as connection:
        found = usage(connection, Selection(period=Period(), zone=UTC, basis="requests"), {})
    assert {(one.key, one.values[0].value, one.requests) for one in found.keys} == {
        ("", "z", 1),
        ("a", "x", 1),
        ("b/~c", "5", 1),
    }


def test_keys_and_values_are_wanted_in_snake_case(tmp_path):
    found = used(
        ({"userGroup": "a", "region": "EU West"}, 2),
        ({"region": "eu_west", "gen_ai.app": "x", "when": "2026-11-01"}, 1),
    )
    assert told(found, Settings(), "TG101") == ["the tag key 'userGroup' is not snake_case (2 requests)"]
    assert told(found, Settings(), "TG102") == ["1 of 2 values of 'region' are not snake_case: 'EU West'"]


def test_a_described_key_is_spelt_as_it_is_described(tmp_path):
    found = used(({"userGroup": "A b"}, 1))
    settings = configured(tmp_path, "tags: {glossary: {userGroup: {pattern: '[A-Z] [a-z]'}}}")
    assert lint_ledger(found, settings, choice(), Path("ledger")).findings == ()


def test_keys_that_look_like_one_are_found_and_those_that_fill_different_columns_are_not(tmp_path):
    found = used(({"order_id": "1", "tenant_id": "t"}, 3), ({"orderId": "2", "custmer_id": "c"}, 1))
    assert told(found, Settings(), "TG201") == [
        "the tag key 'custmer_id' is one letter from 'customer_id' (1 request) (maybe)",
        "the tag keys 'order_id' and 'orderId' differ in spelling only (3 and 1 requests)",
    ]


def test_an_expected_key_is_right_however_often_the_one_like_it_is_sent(tmp_path):
    found = used(({"custmer_id": "c", "userId": "u"}, 4), ({"customer_id": "c", "userId": "u", "user_id": "u"}, 3))
    result = lint_ledger(found, Settings(), choice(["TG201"]), Path("ledger"))

    assert [(one.message, one.help) for one in result.findings] == [
        (
            "the tag key 'custmer_id' is one letter from 'customer_id' (4 requests)",
            "if 'customer_id' is meant, send that",
        ),
        ("the tag keys 'user_id' and 'userId' differ in spelling only (3 and 7 requests)", "send 'user_id' everywhere"),
    ]


def test_of_two_spellings_nobody_expects_the_one_in_snake_case_is_right(tmp_path):
    found = used(({"orderId": "1"}, 3), ({"order_id": "2"}, 1))
    result = lint_ledger(found, Settings(), choice(["TG101", "TG201"]), Path("ledger"))
    assert [one.help for one in result.findings] == ["write it as 'order_id'", "send 'order_id' everywhere"]


def test_a_described_key_is_right_before_one_that_fills_a_dimension(tmp_path):
    found = used(({"user_id": "u"}, 3), ({"userId": "u"}, 1))
    settings = configured(tmp_path, "tags: {glossary: {userId: {}}}")
    result = lint_ledger(found, settings, choice(["TG101", "TG201"]), Path("ledger"))
    assert [one.help for one in result.findings] == ["send 'userId' everywhere"]


def test_values_that_look_like_one_are_found_and_numbered_ones_are_not(tmp_path):
    found = used(
        ({"feature": "search"}, 10),
        ({"feature": "Search"}, 2),
        ({"feature": "serach"}, 1),
        ({"feature": "squad1"}, 6),
        ({"feature": "squad2"}, 1),
        ({"feature": "report"}, 2),
        ({"feature": "resort"}, 2),
    )
    assert told(found, Settings(), "TG202") == [
        "the value 'serach' of 'feature' is one letter from 'search' (1 and 10 requests) (maybe)",
        "values of 'feature' that differ in spelling only: 'search', 'Search' (10, 2 requests)",
    ]


LISTED = "tags: {glossary: {feature: {values: [Text-Search]}}}"


@pytest.mark.parametrize(
    ("key", "values", "config", "right"),
    [
        ("feature", ["Text-Search", "text_search"], "{}", "text_search"),
        ("feature", ["text_search", "Text-Search"], LISTED, "Text-Search"),
        ("customer_id", ["Text-Search", "text_search"], "{}", "Text-Search"),
    ],
    ids=["snake_case", "listed", "an id"],
)
def test_of_values_that_differ_in_spelling_the_right_one_is_named(tmp_path, key, values, config, right):
    usual, rare = values
    found = used(({key: usual}, 10), ({key: rare}, 1))
    result = lint_ledger(found, configured(tmp_path, config), choice(["TG202"]), Path("ledger"))
    assert [one.help for one in result.findings] == [f"send '{right}' everywhere"]


def test_ids_may_be_one_letter_apart(tmp_path):
    found = used(({"customer_id": "northwind"}, 10), ({"customer_id": "northwine"}, 1))
    assert told(found, Settings(), "TG202") == []


def test_a_tag_may_not_have_more_values_than_the_limit(tmp_path):
    found = used(*(({"slot": f"s{n}", "user_id": f"u{n}"}, 40) for n in range(4)))
    settings = configured(tmp_path, "tags: {max_values: 3}")
    assert told(found, settings, "TG301") == ["'slot' has 4 values, more than 3"]
    settings = configured(tmp_path, "tags: {max_values: 9, glossary: {user_id: {max_values: 3}}}")
    assert told(found, settings, "TG301") == ["'user_id' has 4 values, more than 3"]


def test_an_id_of_the_request_is_no_tag(tmp_path):
    found = used(
        *(({"span": f"s{n}", "team": "a", "session_id": f"x{n}", "prompt_sketch": f"{n:016x}"}, 1) for n in range(100))
    )
    assert told(found, Settings(), "TG302") == ["'span' has 100 values on 100 requests"]


def test_required_tags_may_be_filled_by_another_tag_and_may_be_missing_as_far_as_allowed(tmp_path):
    found = used(({"tenant_id": "t", "cell": "x"}, 3), ({"feature": "f"}, 1))
    settings = configured(
        tmp_path,
        "tags:\n  glossary:\n    customer_id: {required: true}\n    cell: {required: 75%}\n    feature: {required: 50%}\n",
    )
    assert told(found, settings, "TG401") == [
        "1 of 4 requests (25.0%) have no 'customer_id'",
        "3 of 4 requests (75.0%) have no 'feature'; at least 50% must have it",
    ]
    places = [one.place.line for one in lint_ledger(found, settings, choice(["TG401"]), Path("ledger")).findings]
    assert places == [3, 5]


def test_tags_are_held_against_the_glossary(tmp_path):
    found = used(({"env": "prod", "cell": "x9", "colour": "red"}, 2), ({"env": "production", "cell": "12"}, 1))
    settings = configured(
        tmp_path,
        "tags: {glossary: {environment: {values: [production, staging]}, cell: {pattern: '[0-9]+'}, color: A colour.}}",
    )
    assert told(found, settings, "TG402") == ["the tag key 'colour' is not in the glossary (2 requests)"]
    assert told(found, settings, "TG403") == ["'env' is not one of 'production', 'staging' on 2 requests: 'prod'"]
    assert told(found, settings, "TG404") == ["'cell' does not match [0-9]+ on 2 requests: 'x9'"]
    assert told(found, settings, "TG405") == ["no request carries 'color', which the glossary describes"]


def test_a_listed_value_that_nothing_has_is_told(tmp_path):
    found = used(({"tier": "gold"}, 1))
    settings = configured(tmp_path, "tags: {glossary: {tier: {values: [gold, tin]}}}")
    assert told(found, settings, "TG406") == ["no request has these values of 'tier': 'tin'"]


def test_what_is_not_sent_any_more_is_outdated(tmp_path):
    # The first of October, the second, and the third of November.
    found = used(({"old": "x"}, 2), ({"tier": "tin"}, 1), ({"tier": "gold"}, 1), days=(1, 2, 43))
    settings = configured(tmp_path, "tags: {glossary: {tier: {values: [gold, tin]}}}")
    assert told(found, settings, "TG501") == ["no request since 2026-10-01 carries 'old', 2 before did"]
    assert told(found, settings, "TG502") == ["values of 'tier' not met for 30 days: 'tin'"]
    later = configured(tmp_path, "tags: {stale_after: 5w, glossary: {tier: {values: [gold, tin]}}}")
    assert told(found, later, "TG501") + told(found, later, "TG502") == []


def test_values_that_say_nothing_or_too_much_are_found(tmp_path):
    key = "sk-proj-" + "a1" * 12
    found = used(
        (
            {
                "team": "unknown",
                "environment": "test",
                "cell": "{cell_id}",
                "mail": "jo@example.com",
                "note": key,
                "x": " a",
            },
            1,
        ),
        ({"team": "platform", "environment": "production", "cell": "c", "mail": "u1", "note": "n", "x": "a"}, 1),
    )
    assert told(found, Settings(), "TG601") == ["'team' has placeholders on 1 request: 'unknown'"]
    assert told(found, Settings(), "TG602") == ["'cell' was not filled in on 1 request: '{cell_id}'"]
    assert told(found, Settings(), "TG603") == [f"'note' holds credentials on 1 request: 'sk-p{'*' * 28}'"]
    assert told(found, Settings(), "TG604") == ["'mail' holds e-mail addresses: 1 value on 1 request"]
    assert told(found, Settings(), "TG605") == ["'x' has stray whitespace on 1 request: ' a'"]


def test_a_credential_is_shown_by_no_check_and_in_no_draft(tmp_path):
    secret = "sk-proj-" + "Ab1Cd2" * 4
    found = used(({"note": secret, secret: "x", "cell": "a"}, 10))
    path = tmp_path / "program.py"
    path.write_text(f'completion("m", metadata={{"note": "{secret}", "{secret}": "x"}})', "utf-8")
    for result in (
        lint_ledger(found, Settings(), choice(), Path("l")),
        lint_python([path], Settings(), choice()),
    ):
        assert "TG603" in {one.code for one in result.findings}
        assert "TG102" not in {one.code for one in result.findings}
        told = " ".join(f"{one.message} {one.help}" for one in result.findings)
        assert "ab1" not in told.lower().replace("_", "")
    assert draft(found) == (
        'tags:\n  glossary:\n    cell:\n      description: ""  # 10 of 10 requests\n      required: true\n'
        '      values: [a]\n    note:\n      description: ""  # 10 of 10 requests\n      required: true\n'
    )


def test_findings_can_be_switched_off_for_all_keys_or_for_one(tmp_path):
    found = used(({"Alpha": "x"}, 1), ({"team": "todo"}, 1))
    codes = [one.code for one in lint_ledger(found, Settings(), choice(), Path("l")).findings]
    assert codes == ["TG101", "TG601"]
    quiet = configured(tmp_path, "tags: {ignore: [TG1], glossary: {team: {ignore: [TG601]}, Alpha: x}}")
    assert lint_ledger(found, quiet, choice(), Path("l")).findings == ()


# Line, column, end of the column, code and what the message must say.
CASES = [
    ('h = {"X-TFY-METADATA": \'{"userId": "a"}\'}', [(1, 26, 34, "TG101", "userId")]),
    ('h = {"x-tfy-metadata": \'{"ünï_x": "Ä b"}\'}', [(1, 26, 33, "TG101", "ünï_x"), (1, 35, 40, "TG102", "Ä b")]),
    ('h["X-TFY-Metadata"] = json.dumps({"team": "todo"})', [(1, 43, 49, "TG601", "todo")]),
    ('h = {"X-TFY-METADATA": "{\'a\': 1}"}', [(1, 24, 34, "TG702", "double quotes")]),
    ('h = {"X-TFY-METADATA": {"a": "b"}}', [(1, 24, 34, "TG702", "a dict")]),
    ('h = {"X-TFY-METADATA": \'{"n": 3, "ok": "x"}\'}', [(1, 26, 29, "TG703", "a number")]),
    ('h = {"X-TFY-METADATA": f\'{{"team": "{team}", "Zone": "a"}}\'}', [(1, 24, 60, "TG101", "Zone")]),
    ('h = {"X-TFY-METADATA": """\n{\n  "a_b": "c",\n  "D": "e"\n}"""}', [(4, 3, 6, "TG101", "'D'")]),
    ('client.chat.completions.create(model="m", metadata={"team": "x@example.com"})', [(1, 61, 76, "TG604", "team")]),
    ('client.responses.create(input="x", extra_body={"metadata": {"Cell": "a"}})', [(1, 61, 67, "TG101", "Cell")]),
    ('requests.post(u, json={"model": "m", "metadata": {"a": "b", "a": "c"}})', [(1, 61, 64, "TG704", "twice")]),
    ('TAGS = {"team": "xxx"}\ncompletion("m", metadata=TAGS)', [(1, 17, 22, "TG601", "xxx")]),
    ('completion("m", metadata={"tags": ["team:none", "beta"]})', [(1, 36, 47, "TG601", "none")]),
    ('h = {"x-litellm-tags": "team:none,beta"}', [(1, 24, 40, "TG601", "none")]),
    ('h = {"Helicone-Property-Plan": "pro"}', [(1, 6, 30, "TG101", "Plan")]),
    ("llm.invoke(x, config={'metadata': {'team': '{team}'}})", [(1, 44, 52, "TG602", "team")]),
    ("class A:\n  x = field(metadata={'Help': 'Some text'})", []),
    ("def f(:\n  pass", [(1, 7, 8, "TG701", "not Python")]),
    ("x = 1\n\0", [(1, 1, 2, "TG701", "null bytes")]),
    ("x = " + "(" * 500 + ")" * 500, [(1, 1, 2, "TG701", "")]),
    ('metadata = 3\ncompletion("m", metadata=metadata)', []),
    ('completion("m", metadata={"team": team, **more})  # llmcost: ignore[TG] fine', []),
    ('# llmcost: ignore[TG601] a sample\ncompletion("m", metadata={"team": "todo"})', []),
    ('# llmcost: ignore[placeholder-value] a sample\ncompletion("m", metadata={"team": "todo"})', []),
    ('"# llmcost: ignore-file[TG]"\ncompletion("m", metadata={"team": "todo"})', [(2, 35, 41, "TG601", "todo")]),
]  # fmt: skip


@pytest.mark.parametrize(("source", "wanted"), CASES)
def test_tags_in_programs_are_found_where_they_stand(tmp_path, source, wanted):
    path = tmp_path / "program.py"
    path.write_text(source, "utf-8")
    found = lint_python([path], Settings(), choice())
    spots = [(one.place.line, one.place.column, one.place.end_column, one.code) for one in found.findings]
    if wanted and wanted[0][3] == "TG701":
        assert [spot[3] for spot in spots] == ["TG701"]
    else:
        assert spots == [one[:4] for one in wanted]
    for one, (*_, part) in zip(found.findings, wanted, strict=True):
        assert part in one.message


def test_a_set_in_a_program_without_a_required_tag_is_a_guess(tmp_path):
    (tmp_path / "a.py").write_text('completion("m", metadata={"tenant_id": "t"})')
    settings = configured(tmp_path, "tags: {glossary: {customer_id: {required: true}, team: {required: true}}}")
    (found,) = lint_python([tmp_path / "a.py"], settings, choice(["TG401"])).findings
    assert (found.message, found.confidence) == ("metadata without 'team', which the glossary requires", "maybe")


def test_folders_are_walked_without_those_of_tools(tmp_path):
    for name in ("b.py", "sub/a.py", ".venv/x.py", "node_modules/y.py", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x = 1")
    found = lint_python([tmp_path], Settings(), choice())
    assert [Path(name).name for name in found.checked] == ["b.py", "a.py"]


@pytest.mark.parametrize("data", [b"\xff\xfe", b"# coding: nothing\n", b"x = '\xff'"])
def test_a_file_that_is_no_text_is_named(tmp_path, data):
    (tmp_path / "a.py").write_bytes(data)
    assert [one.code for one in lint_python([tmp_path], Settings(), choice()).findings] == ["TG701"]


def test_windows_line_ends_and_a_byte_order_mark_move_nothing(tmp_path):
    (tmp_path / "a.py").write_bytes(b'\xef\xbb\xbfx = 1\r\ncompletion("m", metadata={"team": "todo"})\r\n')
    (found,) = lint_python([tmp_path], Settings(), choice()).findings
    assert (found.place.line, found.place.column) == (2, 35)


def test_a_comment_speaks_of_its_line_or_of_the_next():
    file = parse_python("x = 1  # llmcost: ignore[TG1] a\n# llmcost: ignore[TG2, TG3] b\ny = 2\n", "a.py")
    assert [(one.words, one.lines) for one in suppressions_of(file)] == [
        (("TG1",), range(1, 2)),
        (("TG2", "TG3"), range(2, 4)),
    ]


def test_every_check_is_on_the_page_and_says_how_to_mend_it():
    page = (ROOT / "docs/how-to/tags.md").read_text("utf-8")
    for rule in catalogue():
        assert f"| {rule.code} | {rule.name} |" in page
        assert re.search(r"^Fix: \w", rule.text, re.MULTILINE), rule.code
