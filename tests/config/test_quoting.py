"""Text written into YAML is read back as that text, by our readers and by PyYAML's own."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.hostile import NAMES

from llmcost.config.nodes import parse_text
from llmcost.config.quoting import quoted, scalar
from llmcost.config.yaml import parse_document

ANY = st.text(
    st.characters(codec="utf-8") | st.sampled_from("\0\x1b\"'\\\n\r\t\x85\u2028\u2029\ufeff\ufffe\uffff🎉: #")
)


def read(text):
    """The value as each reader has it."""
    (document,) = parse_text(f"k: {text}\n", "f.yaml").documents
    yield document.get("k").value
    yield parse_document(f"k: {text}\n", "f.yaml").value["k"]
    for loader in (yaml.SafeLoader, yaml.CSafeLoader):
        yield yaml.load(f"[{text}, a]", loader)[0]  # noqa: S506 - both are safe loaders


@given(ANY)
def test_any_text_is_read_as_it_is(text):
    assert set(read(quoted(text))) == {text}
    assert set(read(scalar(text))) == {text}


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_hostile_name_is_one_line_that_commands_nothing(name):
    written = quoted(NAMES[name])

    assert written.isprintable()
    assert set(read(written)) == {NAMES[name]}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("fixed 🎉 für 顧客", '"fixed 🎉 für 顧客"'),
        ('a "b" \\ c', '"a \\"b\\" \\\\ c"'),
        ("two\nlines\x85\u2028\U000e0001", '"two\\nlines\\x85\\u2028\\U000e0001"'),
        ("half \ud83c of one", '"half \N{REPLACEMENT CHARACTER} of one"'),
        ("both halves \ud83c\udf89", '"both halves 🎉"'),
    ],
)
def test_text_is_shown_and_what_cannot_be_is_escaped(text, written):
    assert quoted(text) == written


@pytest.mark.parametrize("text", ["team", "metadata.team_id", "eu-west-1"])
def test_a_plain_name_needs_no_quotes(text):
    assert scalar(text) == text


@pytest.mark.parametrize("text", ["", "No", "null", "1", "1e3", "a: b", "a, b", "-", "~", "2026-11-01", "日本"])
def test_what_may_be_taken_for_something_else_needs_quotes(text):
    assert scalar(text) == f'"{text}"'
