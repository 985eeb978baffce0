"""The `--where` language, over the hand-made ledger of conftest.py."""

import pytest

from llmcost.domain.errors import UsageError
from llmcost.domain.period import time_zone
from llmcost.ledger.filters import Condition, parse_condition, split_list
from llmcost.reports.cost_by import cost_by
from llmcost.reports.question import Question


@pytest.mark.parametrize(
    ("text", "key", "operator", "values"),
    [
        ("team=ml", "team", "=", ("ml",)),
        (" team = ml ops ", "team", "=", ("ml ops",)),
        ("team=", "team", "=", (None,)),
        ('team=""', "team", "=", (None,)),
        ("team!=ml", "team", "!=", ("ml",)),
        ("team!=", "team", "!=", (None,)),
        ("team~^ml-", "team", "~", ("^ml-",)),
        ("team=a,b", "team", "=", ("a,b",)),
        ("team=a=b", "team", "=", ("a=b",)),
        ("team~a|b,c", "team", "~", ("a|b,c",)),
        ("team in a,b", "team", "in", ("a", "b")),
        ("team IN a, b ,c", "team", "in", ("a", "b", "c")),
        ('team in "a,b",c', "team", "in", ("a,b", "c")),
        ('team in \'it\'\'s\',"say ""hi"""', "team", "in", ("it's", 'say "hi"')),
        ("team in a,", "team", "in", ("a", None)),
        ("team not in a,b", "team", "not in", ("a", "b")),
        ("team  not   in a", "team", "not in", ("a",)),
        ("inside=x", "inside", "=", ("x",)),
        ('"a key"=x', "a key", "=", ("x",)),
        ('"a=b" in x', "a=b", "in", ("x",)),
        ("tags.a/b=x", "tags.a/b", "=", ("x",)),
        ("customer_id='O''Brien, Ltd'", "customer_id", "=", ("O'Brien, Ltd",)),
        ("note=it's", "note", "=", ("it's",)),
    ],
)
def test_a_condition_is_a_key_an_operator_and_values(text, key, operator, values):
    assert parse_condition(text) == Condition(key=key, operator=operator, values=values)


@pytest.mark.parametrize(
    "text", ["", "team", "=x", "team in", "team in ", "team not in", "team~", "team='x", "team is x"]
)
def test_what_is_no_condition_is_refused_with_the_forms_there_are(text):
    with pytest.raises(UsageError) as caught:
        parse_condition(text)

    assert "KEY=V" in (caught.value.hint or "")


def test_quotes_protect_commas_in_lists():
    assert split_list("a, 'b,c' ,\"d\"") == ["a", "b,c", "d"]
    assert split_list("'a'b,c") == ["'a'b", "c"]


@pytest.mark.parametrize(
    ("where", "requests"),
    [
        (("customer_id=acme",), 3),
        (("customer_id=",), 1),
        (("customer_id!=acme",), 3),
        (("customer_id!=",), 5),
        (("customer_id~^A",), 0),
        (("customer_id~(?i)^A",), 3),
        (("customer_id~obe",), 2),
        (("customer_id in acme,globex",), 5),
        (("customer_id in globex,",), 3),
        (("customer_id not in acme",), 3),
        (("customer_id not in acme,",), 2),
        (("customer_id=acme", "model=gpt-5"), 2),
        (("http_status=429",), 1),
        (("processing=standard",), 6),
        (("region_code=eu",), 2),
        (("tags.model=spoof",), 1),
        (("day=2026-11-02",), 4),
        (("month=2026-11",), 6),
        (("week in 2026-W44",), 2),
        (("hour=2026-11-02T00:00+01:00",), 1),
        (("customer_id=x' or 1=1 --",), 0),
        (("customer_id in '); drop table request; --'",), 0),
    ],
)
def test_conditions_select_requests(small, where, requests):
    report = cost_by(small, Question(where=where, zone=time_zone("Europe/Berlin")))

    assert report.coverage.requests == requests


@pytest.mark.parametrize("key", ["custmer_id", "tags.nothing"])
def test_a_condition_on_an_unknown_key_is_refused(small, key):
    with pytest.raises(UsageError, match=f"no dimension or tag is called '{key}'"):
        cost_by(small, Question(where=(f"{key}=x",)))


def test_a_broken_pattern_is_refused(small):
    with pytest.raises(UsageError, match=r"cannot read the pattern '\(': missing \)"):
        cost_by(small, Question(where=("customer_id~(",)))


@pytest.mark.parametrize(
    ("where", "told"),
    [
        (("customer_id=acmee",), ("no customer_id is 'acmee'; did you mean 'acme'?",)),
        (("customer_id in acme,globx",), ()),
        (("model=zzz",), ("no model is 'zzz'; there are claude-sonnet-4-5, gpt-5, gpt-x",)),
        (("region_code=uk", "customer_id=nobody"), "both"),
        (("team=core",), ("no request has a team",)),
        (("model!=gpt-5", "model=gpt-5"), ()),
    ],
)
def test_a_value_nobody_has_is_answered_with_those_there_are(small, where, told):
    notes = cost_by(small, Question(where=where)).notes

    if told == "both":
        assert len(notes) == 3
    elif where == ("customer_id in acme,globx",):
        assert notes == ()
    else:
        assert notes == ("no request in this period matches every --where", *told)
