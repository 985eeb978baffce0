"""Who is in which team, and what that decides."""

from datetime import UTC, timedelta

import pytest
from tests.quota.ledgers import at, call, fill

from llmcost.config.nodes import parse_text
from llmcost.domain.errors import ConfigError
from llmcost.domain.period import Period
from llmcost.ledger.composition import Selection
from llmcost.quota.explaining import described, explained
from llmcost.quota.files import opened_text
from llmcost.quota.matching import covers, meet
from llmcost.quota.replay.plan import plan
from llmcost.quota.replay.run import Manner, replayed
from llmcost.quota.roster import read_roster

RULES = """\
name: limits
type: gateway-rate-limiting-config
rules:
  - {id: red, when: {subjects: ["team:red"]}, limit_to: 2, unit: requests_per_day}
  - {id: bob, when: {subjects: ["user:bob"]}, limit_to: 1, unit: requests_per_day}
"""


def read(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    return read_roster(path)


def config(roster):
    return opened_text(parse_text(RULES, "limits.yaml"), roster=roster).configs[0]


def test_a_csv_and_a_yaml_roster_say_the_same(tmp_path):
    expected = {"bob": {"red", "blue"}, "ann": {"red"}, "joe": set()}

    assert read(tmp_path, "a.csv", "user,team\nuser:bob,red\nbob,team:blue\nann,red\njoe,\n") == expected
    assert read(tmp_path, "a.yaml", "bob: [red, blue]\nann: red\njoe: []\n") == expected


@pytest.mark.parametrize(
    ("name", "text"), [("a.csv", "who,what\nbob,red\n"), ("a.yaml", "- bob\n"), ("b.yaml", "bob: [1]\n")]
)
def test_a_file_that_is_no_roster_is_refused(tmp_path, name, text):
    with pytest.raises(ConfigError):
        read(tmp_path, name, text)


@pytest.mark.parametrize(
    ("roster", "answer"), [(None, None), ({"bob": frozenset({"red"})}, True), ({"bob": frozenset()}, False), ({}, None)]
)
def test_a_team_covers_a_user_if_the_roster_says_so(roster, answer):
    red, bob = config(roster).limits

    assert covers(red.match, bob.match) is answer
    assert meet(red.match, bob.match) is answer
    assert meet(bob.match, red.match) is answer


@pytest.mark.parametrize(
    ("roster", "parts"),
    [
        (None, ["may decide", "may decide"]),
        ({"bob": frozenset({"red"})}, ["decides", "counts"]),
        ({"bob": frozenset({"blue"})}, ["no", "decides"]),
        ({"bob": frozenset()}, ["no", "decides"]),
    ],
)
def test_a_request_is_explained_with_the_teams_of_its_user(roster, parts):
    request = described(user="bob", teams=sorted((roster or {}).get("bob", ())))

    assert [one.part for one in explained(config(roster), request).limits] == parts


def test_a_replay_takes_teams_from_the_roster_where_the_log_names_none(ledger):
    # Bob's three requests count for red, whose rule comes first; the third is refused. The log says that Ann's are blue's.
    start = at("2026-11-02")
    roster = {"bob": frozenset({"red"}), "ann": frozenset({"red"})}
    fill(
        ledger,
        [call(start + n * timedelta(minutes=1), user="bob") for n in range(3)] + [call(start, user="ann", team="blue")],
    )

    result = replayed(
        ledger,
        Selection(period=Period(), zone=UTC, basis="requests"),
        plan([config(roster)]),
        Manner(others=False, retries=False),
    )

    assert [(rule.matched, rule.decided, rule.refused) for rule in result.rules] == [(3, 3, 1), (3, 0, 0)]


def test_counting_by_team_takes_the_roster_too(ledger):
    text = "limits:\n  - {id: each, limit: 1, unit: requests, window: day, per: [team]}\n"
    roster = {"bob": frozenset({"red"}), "ann": frozenset({"red"})}
    found = opened_text(parse_text(text, "own.yaml"), roster=roster).configs
    start = at("2026-11-02")
    fill(ledger, [call(start, user="bob"), call(start, user="ann"), call(start, user="joe")])

    (rule,) = replayed(
        ledger, Selection(period=Period(), zone=UTC, basis="requests"), plan(found), Manner(others=False, retries=False)
    ).rules

    assert (rule.matched, rule.refused, rule.subjects) == (2, 1, (("team:red", 1),))
