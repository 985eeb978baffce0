"""No secret is shown, however a server writes it when it says it back."""

import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.marks import few

from llmcost.net.redaction import redacted

KEY = "lite/canary+secret/00=="
WAYS = {
    "plain": lambda text: text,
    "JSON": json.dumps,
    "JSON of PHP": lambda text: json.dumps(text).replace("/", "\\/"),
    "JSON in JSON": lambda text: json.dumps(json.dumps(text).replace("/", "\\/")),
    "JSON, all escaped": lambda text: "".join(f"\\u{ord(one):04x}" for one in text),
    "JSON, all escaped, in capitals": lambda text: "".join(f"\\u{ord(one):04X}" for one in text),
    "address": lambda text: quote(text, safe=""),
    "path": quote,
    "address in small letters": lambda text: quote(text, safe="").lower(),
    "form": quote_plus,
    "address in an address": lambda text: quote(quote(text, safe=""), safe=""),
    "Python": lambda text: repr(text.encode())[2:-1],
    "Python in JSON": lambda text: json.dumps(repr(text.encode())[2:-1]),
    "HTML": html.escape,
    "HTML by number": lambda text: "".join(f"&#{ord(one)};" for one in text),
    "HTML by hexadecimal number": lambda text: "".join(f"&#x{ord(one):X};" for one in text),
}


@pytest.mark.parametrize("way", few((name for name in WAYS if name != "address in small letters"), fast=5))
@given(secret=st.text("aZ09/+=_-.: \"'&<>\\%~\n\t\x01ö", min_size=4, max_size=12).filter(str.strip))
def test_a_secret_is_masked_in_every_way_to_write_it(way, secret):
    written = WAYS[way](secret)

    assert redacted(f"« {written} »", [secret]).count(written) == 0


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_left_of_a_key(way):
    said = redacted(f"no such key: {WAYS[way](KEY)}.", [KEY])

    assert said.replace('"', "").replace("\\", "") == "no such key: ***."


def test_what_has_the_shape_of_a_credential_is_masked_too():
    said = redacted("upstream said: bad key sk-proj-0123456789abcdef", ["another-key"])

    assert said == "upstream said: bad key sk-p********************"


def test_text_without_a_secret_is_left_alone():
    text = 'a "b" \\/ %2F &amp; \\u0041 100% +1'
    assert redacted(text, [KEY, "abc"]) == text
