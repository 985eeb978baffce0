"""The YAML reader keeps numbers exact, knows places and refuses what is ambiguous."""

from decimal import Decimal

import pytest

from llmcost.config.yaml import check_keys, parse_document, read_document
from llmcost.domain.errors import ConfigError


def refusal(text):
    with pytest.raises(ConfigError) as caught:
        parse_document(text, "f.yaml")
    return caught.value.message


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("0.15", Decimal("0.15")),
        ("1e-6", Decimal("0.000001")),
        ("2.50", Decimal("2.50")),
        (".5", Decimal("0.5")),
        ("-3", -3),
        ("+2", 2),
        ("0", 0),
        ("010", "010"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("60:30", "60:30"),
        ("no", "no"),
        ("on", "on"),
        ("Yes", "Yes"),
        ("2026-11-01", "2026-11-01"),
        (".inf", ".inf"),
        ("true", True),
        ("~", None),
        ("", None),
        ("'7'", "7"),
        ('"true"', "true"),
    ],
)
def test_plain_scalars_mean_what_they_look_like(written, value):
    parsed = parse_document(f"key: {written}\n", "f.yaml").value["key"]
    assert parsed == value
    assert type(parsed) is type(value)


def test_places_are_one_based_and_count_characters():
    document = parse_document('a: [1, {"é": {b: 2}}]\nc: 3\n', "f.yaml")
    assert document.place() == "f.yaml:1:1"
    assert document.place("a", 1) == "f.yaml:1:8"
    assert document.place("a", 1, "é", "b") == "f.yaml:1:15"
    assert document.place("c") == "f.yaml:2:1"
    assert document.place("c", "nothing") == "f.yaml:2:1"


def test_an_error_starts_with_its_place():
    document = parse_document("a:\n  b: 1\n", "f.yaml")
    error = document.error("is wrong", "a", "b", hint="mend it")
    assert (error.message, error.hint) == ("f.yaml:2:3: is wrong", "mend it")


def test_merged_keys_are_found_where_they_were_written():
    document = parse_document("base: &b {x: 1, y: 2}\nown: {<<: *b, y: 3}\n", "f.yaml")
    assert document.value["own"] == {"x": 1, "y": 3}
    assert document.place("own", "x") == "f.yaml:1:11"
    assert document.place("own", "y") == "f.yaml:2:15"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "f.yaml:3:1: key 'a' is written twice"),
        ("a:\n\t- b\n", "f.yaml:2:1: broken YAML: found character that cannot start any token"),
        ("1: 2\n", "f.yaml:1:1: keys must be text"),
        ("a: {true: 2}\n", "f.yaml:1:5: keys must be text"),
        ("a: !!float 3\n", "f.yaml:1:4: tag 'tag:yaml.org,2002:float' is not supported"),
        ("a: !env X\n", "f.yaml:1:4: tag '!env' is not supported"),
        ("a: 1\n---\nb: 2\n", "f.yaml:2:1: broken YAML: but found another document"),
        ("a: *x\n", "f.yaml:1:4: broken YAML: found undefined alias"),
        ("a: &x [*x]\n", "f.yaml:1:4: nested too deeply, or anchors expand to too much"),
        ("a: {<<: 3}\n", "f.yaml:1:5: '<<' merges a mapping or a list of mappings"),
    ],
)
def test_ambiguous_documents_are_refused_with_their_place(text, message):
    assert refusal(text) == message


def test_anchors_that_multiply_are_refused():
    lines = ["a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"{b}: &{b} [{', '.join([f'*{a}'] * 10)}]" for a, b in zip("abcdef", "bcdefg", strict=True)]
    assert "anchors expand to too much" in refusal("\n".join(lines))


def test_an_empty_document_is_null():
    assert parse_document("", "f.yaml").value is None


def test_a_file_that_cannot_be_read_names_the_reason(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read: no such file"):
        read_document(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"a: 1\nb: caf\xe9\n")
    with pytest.raises(ConfigError, match=r"latin.yaml:2:1: not UTF-8 text"):
        read_document(tmp_path / "latin.yaml")


def test_a_byte_order_mark_is_not_part_of_the_first_key(tmp_path):
    (tmp_path / "bom.yaml").write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read_document(tmp_path / "bom.yaml").value == {"a": 1}


def test_an_unknown_key_names_the_nearest_known_one():
    document = parse_document("gate:\n  unprised: 1\n", "f.yaml")
    with pytest.raises(ConfigError) as caught:
        check_keys(document, ("gate",), ("unpriced", "stale"))
    assert caught.value.message == "f.yaml:2:3: unknown key 'unprised'; did you mean 'unpriced'?"
    assert caught.value.hint == "known keys: stale, unpriced"


def test_a_value_that_is_no_mapping_has_no_keys_to_check():
    with pytest.raises(ConfigError, match=r"f.yaml:1:1: expected a mapping"):
        check_keys(parse_document("gate: 3\n", "f.yaml"), ("gate",), ("unpriced",))
