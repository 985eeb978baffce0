"""What was decided about findings survives a round trip and ends when it says."""

from datetime import date

import pytest

from llmcost.domain.errors import ConfigError
from llmcost.outliers.decisions import Decision, dismissed, read_decisions, with_decision, write_decisions

DISMISSED = Decision(
    id="power-users-3f1c09",
    word="dismissed",
    reason='paying: "whales" #1',
    on=date(2026, 11, 1),
    until=date(2026, 12, 1),
)
ACCEPTED = Decision(
    id="dev-leakage-ca92b8",
    word="accepted",
    reason="cheaper model 🎉",
    on=date(2026, 11, 2),
    detector="dev-leakage",
    scope=(("team", "a: b"), ("feature", "🚀 launch"), ("user_id", None)),
)


def test_decisions_are_read_as_they_were_written(tmp_path):
    write_decisions(tmp_path / "findings.yaml", [DISMISSED, ACCEPTED])

    assert read_decisions(tmp_path / "findings.yaml") == (DISMISSED, ACCEPTED)


def test_no_file_is_no_decision(tmp_path):
    assert read_decisions(tmp_path / "none.yaml") == ()


def test_a_dismissal_holds_up_to_its_end():
    assert dismissed([DISMISSED, ACCEPTED], date(2026, 11, 30)) == {"power-users-3f1c09"}
    assert dismissed([DISMISSED, ACCEPTED], date(2026, 12, 1)) == frozenset()


def test_a_later_decision_takes_the_place_of_an_earlier_one():
    again = Decision(id=ACCEPTED.id, word="dismissed", reason="no", on=date(2026, 11, 3))

    assert with_decision((ACCEPTED, DISMISSED), again) == (DISMISSED, again)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("findings: [{id: a, decision: dismissed, on: 2026-11-01}]", "no reason"),
        ("findings: [{id: a, decision: maybe, reason: b, on: 2026-11-01}]", "no decision"),
        ("findings: [{id: a, decision: dismissed, reason: b, on: soon}]", "is no date"),
        ("findings: {a: b}", "expected a list"),
        (
            "findings: [{id: a, decision: accepted, reason: b, on: 2026-11-01, scope: {featre: c}}]",
            "findings.yaml:1:75: unknown key 'featre'; did you mean 'feature'",
        ),
        (
            "findings: [{id: a, decision: accepted, reason: b, on: 2026-11-01, scope: {'1=1 or user_id': c}}]",
            "1:75: unknown key",
        ),
        ("findings: [{id: a, decision: accepted, reason: b, on: 2026-11-01, scope: [c]}]", "expected a mapping"),
        ("finding: []", "finding"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(tmp_path, text, said):
    path = tmp_path / "findings.yaml"
    path.write_text(text)

    with pytest.raises(ConfigError, match=said):
        read_decisions(path)
