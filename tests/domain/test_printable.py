"""Text made safe to show."""

import pytest

from llmcost.domain.printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("Zoë 東京 😀\u00a0£", "Zoë 東京 😀\u00a0£"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\nerror: forged\r\t", "a\\nerror: forged\\r\\t"),
        ("bell\x07 del\x7f c1\x9b", "bell\\x07 del\\x7f c1\\x9b"),
        ("gpj.\u202egnp", "gpj.\\u202egnp"),
        ("not utf-8: \udcff", "not utf-8: \\udcff"),
        ("\u2028\u2066\ufeff", "\\u2028\\u2066\\ufeff"),
        ("", ""),
    ],
)
def test_what_could_command_a_terminal_is_written_as_an_escape(text, shown):
    assert printable(text) == shown
