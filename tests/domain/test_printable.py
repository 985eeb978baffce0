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
        ("ac\u200dme", "ac\\u200dme"),
        ("Zoë\u200c", "Zoë\\u200c"),
        ("顧\u200d客", "顧\\u200d客"),
        ("\u200dacme", "\\u200dacme"),
        # Two joiners look like one.
        ("می\u200c\u200cشود", "می\u200c\\u200cشود"),
        ("acm\u034fe", "acm\\u034fe"),
        ("\u3164", "\\u3164"),
        ("\u115f\u1160\uffa0", "\\u115f\\u1160\\uffa0"),
    ],
)
def test_what_could_command_a_terminal_is_written_as_an_escape(text, shown):
    assert printable(text) == shown


@pytest.mark.parametrize("text", ["می\u200cشود", "श्री\u200dमान", "👩\u200d💻", "👩🏽\u200d💻", "❤️\u200d🔥"])
def test_joiners_stay_where_they_change_what_is_seen(text):
    assert printable(text) == text
