"""What `llmcost outliers` and `llmcost savings` print, and how they end."""

import json
import shutil

import pytest
from tests.ingesting import native, read, write
from tests.once import made_once


def read_calls(folder):
    """Sixty equal calls of two prompts within an hour, by one user: gpt-4o, 4,000 tokens in and 100 out, $0.011 each."""
    calls = [
        native(
            request_id=f"req-{number:028}",
            timestamp=f"2026-11-01T10:{number:02}:00Z",
            provider="openai",
            model="gpt-4o",
            input_tokens=4000,
            output_tokens=100,
            user_id="u-1",
            feature="search",
            prompt_hash=f"hash-{number % 2}",
            temperature=0,
        )
        for number in range(60)
    ]
    more = [
        {**call, "request_id": f"x{call['request_id']}", "timestamp": call["timestamp"].replace("00Z", "30Z")}
        for call in calls
    ]
    read(folder / "llmcost.duckdb", write(folder / "log.jsonl", [*calls, *more]))


@pytest.fixture
def books(tmp_path, tmp_path_factory):
    shutil.copytree(made_once(tmp_path_factory, "books", read_calls), tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_repeats_are_priced_by_how_soon_they_come(cli, books):
    told = json.loads(cli("outliers", "--detector", "duplicate-requests", "--format", "json").stdout)

    (found,) = told["findings"]
    # 120 calls of two prompts: 118 repeats, each within two minutes; every second one 30 seconds after its first.
    assert found["requests"] == 118
    assert found["savings"] == {"low": "0.66", "mid": "1.298", "high": "1.298"}
    assert told["net_savings"]["mid"] == "1.298"


@pytest.mark.slow
def test_spend_without_a_price_is_unknown_and_not_nothing(cli, tmp_path):
    log = write(tmp_path / "log.jsonl", [native(request_id="call-odd", provider="vllm", model="house-7b")])
    read(tmp_path / "llmcost.duckdb", log)
    for words in (["outliers"], ["savings"], ["savings", "whatif", "--swap", "house-7b=gpt-4o-mini"]):
        assert "$0.00 of spend" not in (text := cli(*words).stdout), words
        assert "unknown cost" in text, words
        assert json.loads(cli(*words, "--format", "json").stdout)["cost"] is None, words
    gate = cli("outliers", "--fail-on", "1")
    assert (gate.code, "no request has a price" in gate.stderr, gate.stdout != "") == (3, True, True)


def test_json_names_what_was_not_evaluated(cli, books):
    told = json.loads(cli("outliers", "--format", "json").stdout)

    assert told["schema"] == "llmcost/outliers/1"
    assert {"detector": "dev-leakage", "reason": "no request has a value for environment"} in told["not_evaluated"]


def test_another_model_is_priced_exactly(cli, books):
    told = json.loads(cli("savings", "whatif", "--swap", "gpt-4o=gpt-4o-mini", "--format", "json").stdout)

    (change,) = told["changes"]
    # 120 x (4,000 x 0.15 + 100 x 0.60) / 1e6
    assert change["was"] == "1.32"
    assert change["would_be"] == {"low": "0.0792", "mid": "0.0792", "high": "0.0792"}


def test_a_better_cache_is_priced_exactly(cli, books):
    told = json.loads(cli("savings", "whatif", "--cache-hit", "50%", "--format", "json").stdout)

    # 120 x (2,000 x 2.50 + 2,000 x 1.25 + 100 x 10) / 1e6
    assert told["changes"][0]["would_be"]["mid"] == "1.02"


def test_what_a_better_cache_misses_may_cost_a_write_wherever_one_is_charged(cli, tmp_path):
    call = native(request_id="one".ljust(30, "0"), provider="openai", model="gpt-5.6-sol", input_tokens=10**6)
    read(tmp_path / "llmcost.duckdb", write(tmp_path / "log.jsonl", [{**call, "output_tokens": 0}]))

    told = json.loads(cli("savings", "whatif", "--cache-hit", "50%", "--format", "json").stdout)

    # Above 272,000 tokens: half a million read at 0.80; the others are plain input at 8 or written at 10.
    assert told["changes"][0]["would_be"] == {"low": "4.40", "mid": "4.90", "high": "5.40"}


def test_another_model_in_an_environment_answers_chats_and_makes_no_embeddings(cli, tmp_path):
    there = {"provider": "openai", "environment": "development", "input_tokens": 1_000_000, "output_tokens": 0}
    calls = [
        native(request_id="chat".ljust(30, "0"), model="gpt-4o", **there),
        native(request_id="embed".ljust(30, "0"), model="text-embedding-3-small", operation="embeddings", **there),
    ]
    read(tmp_path / "llmcost.duckdb", write(tmp_path / "log.jsonl", calls))

    told = json.loads(cli("savings", "whatif", "--env", "development=gpt-4o-mini", "--format", "json").stdout)

    (change,) = told["changes"]
    assert (change["model"], change["was"], change["would_be"]["mid"]) == ("gpt-4o", "2.50", "0.15")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("outliers",), 0),
        (("outliers", "--fail-on", "any"), 1),
        (("outliers", "--fail-on", "1000"), 0),
        (("outliers", "--fail-on", "any", "--period", "2025-01"), 3),
        (("outliers", "--period", "2025-01"), 0),
        (("outliers", "--detector", "no-such"), 2),
        (("outliers", "--min-savings", "much"), 2),
        (("outliers", "--min-savings", "1,5"), 2),
        (("savings", "whatif"), 2),
        (("savings", "whatif", "--swap", "gpt-4o=no-such-model"), 2),
        (("savings", "whatif", "--swap", "o3=gpt-4o"), 2),
        (("savings", "accept", "no-such-finding"), 2),
        (("outliers", "dismiss", "no-such-finding", "--reason", "a slip"), 2),
        (("savings", "verify"), 2),
        (("savings",), 0),
    ],
)
def test_how_it_ends(cli, books, arguments, code):
    assert cli(*arguments).code == code


@pytest.mark.slow
def test_a_dismissed_finding_is_not_shown_and_counted(cli, books):
    (found,) = json.loads(cli("outliers", "--detector", "duplicate-requests", "--format", "json").stdout)["findings"]

    cli("outliers", "dismiss", found["id"], "--reason", "polling")
    told = json.loads(cli("outliers", "--detector", "duplicate-requests", "--format", "json").stdout)

    assert (told["findings"], told["hidden"]) == ([], 1)
    assert json.loads(cli("savings", "--format", "json").stdout)["levers"] == []


@pytest.mark.parametrize("command", [("outliers", "dismiss"), ("savings", "accept")])
def test_a_slip_in_an_id_decides_nothing(cli, books, command):
    (books / "llmcost.duckdb").rename(books / "a b.duckdb")
    slip = cli(*command, "duplicate-requests-000000", "--reason", "polling", "--db", "a b.duckdb")

    assert (slip.code, (books / "llmcost-findings.yaml").exists()) == (2, False)
    assert slip.stderr == (
        "error: there is no finding 'duplicate-requests-000000'\n"
        "  hint: `llmcost outliers --db 'a b.duckdb'` shows the ids\n"
    )


def test_a_finding_that_shows_with_a_condition_is_dismissed_with_it(cli, books):
    only = ("--where", "feature=search", "--period", "2026-11")
    (found,) = json.loads(cli("outliers", *only, "--detector", "duplicate-requests", "--format", "json").stdout)[
        "findings"
    ]

    assert cli("outliers", "dismiss", found["id"], "--reason", "polling", *only).code == 0


def test_an_accepted_finding_is_too_early_to_judge_without_days_after(cli, books):
    (found,) = json.loads(cli("outliers", "--detector", "duplicate-requests", "--format", "json").stdout)["findings"]

    cli("savings", "accept", found["id"], "--on", "2026-11-02")
    told = json.loads(cli("savings", "verify", "--format", "json").stdout)

    assert told["findings"][0]["verdict"] == "too early"
    assert told["findings"][0]["realised"] == {"low": None, "mid": None, "high": None}


def dev_spend(day, number, **values):
    """One of ten calls of a day, 4,000 tokens in and 100 out: $0.011 on gpt-4o, of unknown price on house-7b."""
    return native(
        request_id=f"req-{day}-{number:025}",
        timestamp=f"{day}T10:{number:02}:00Z",
        input_tokens=4000,
        output_tokens=100,
        team="core",
        **{"provider": "openai", "model": "gpt-4o"} | values,
    )


@pytest.mark.parametrize(
    ("unpriced", "config", "verdict"),
    [
        # Of the ten calls of each of ten days since, so many have no price; all others cost the same as before.
        (0, "", "not proven"),
        (5, "", "not proven"),
        (10, "", "not proven"),
        (5, "gate: {unpriced: 50%}", "not proven"),
        (10, "gate: {unpriced: 100%}", "too early"),
    ],
)
def test_requests_without_a_price_are_no_saving(cli, tmp_path, unpriced, config, verdict):
    days = 0 if unpriced == 10 else 10
    house = {"provider": "vllm", "model": "house-7b"}
    calls = [dev_spend(f"2026-09-{day}", number, environment="dev") for day in range(21, 31) for number in range(10)]
    calls += [
        dev_spend(f"2026-10-{day}", number, environment="dev", **(house if number >= 10 - unpriced else {}))
        for day in range(10, 20)
        for number in range(10)
    ]
    read(tmp_path / "llmcost.duckdb", write(tmp_path / "log.jsonl", calls))
    (tmp_path / "llmcost.yaml").write_text(f"db: llmcost.duckdb\n{config}\n")
    (tmp_path / "llmcost-findings.yaml").write_text(
        "findings: [{id: dev-leakage-000000, decision: accepted, reason: accepted, on: 2026-10-01, "
        "detector: dev-leakage, scope: {team: core}}]\n"
    )

    (found,) = json.loads(cli("savings", "verify", "--format", "json").stdout)["findings"]

    assert (found["verdict"], found["days_after"]) == (verdict, days)
    assert (found["requests_after"], found["unpriced_requests"]) == (100, {"before": 0, "after": 10 * unpriced})
    assert found["cost_per_request"] == {"before": "0.011000", "after": "0.011000" if days else None}
    assert found["realised"]["mid"] == ("0.000000" if days else None)
    text = cli("savings", "verify", "--format", "markdown").stdout
    assert (f"{10 * unpriced} of 100 requests since have no known price" in text) == bool(unpriced)
    assert ("nothing is proven" in text) == bool(unpriced and not config)


def test_a_change_to_or_from_an_unknown_cost_is_unknown(cli, tmp_path):
    house = {"provider": "vllm", "model": "house-7b"}
    before, after = "2026-09-03", "2026-10-03"
    calls = [
        *(dev_spend(before, number, environment="dev") for number in range(2)),
        dev_spend(before, 2, environment="prod"),
        dev_spend(before, 3, environment="staging", **house),
        *(dev_spend(after, number, environment="dev", **house) for number in range(2)),
        *(dev_spend(after, number, environment="prod") for number in (2, 3)),
        dev_spend(after, 4, environment="prod", **house),
    ]
    read(tmp_path / "llmcost.duckdb", write(tmp_path / "log.jsonl", calls))
    asked = ("outliers", "explain", "--period", "2026-10", "--by", "environment", "--format")

    told = json.loads(cli(*asked, "json").stdout)
    text = cli(*asked, "markdown").stdout

    # A call costs $0.011. That of house-7b in prod is one of three, the others of which have a price.
    assert [(one["segment"], one["before"], one["after"], one["change"]) for one in told["segments"]] == [
        (["prod"], "0.011", "0.022", "0.011"),
        (["dev"], "0.022", None, None),
    ]
    assert set(told["segments"][1]["effects"].values()) == {None}
    assert told["segments"][0]["unpriced_requests"] == {"before": 0, "after": 1}
    assert (told["before"], told["after"], told["unpriced_requests"]) == ("0.033", "0.022", {"before": 1, "after": 3})
    assert "| dev | $0.022 | unpriced | - | - |" in text
    assert "1 of 4 requests before and 3 of 5 requests after have no known price" in text


@pytest.mark.slow
def test_a_finding_that_shows_in_a_span_of_time_is_decided_with_it(cli, books):
    only = ("--where", "feature=search", "--since", "2026-11-01", "--until")
    asked = (*only, "2026-11-02", "--detector", "duplicate-requests", "--format", "json")
    (found,) = json.loads(cli("outliers", *asked).stdout)["findings"]
    accept = ("savings", "accept", found["id"])

    slip = cli(*accept, *only, "2026-11-01T10:30Z")
    assert cli(*accept, *only, "2026-11-02", "--on", "2026-11-02").code == 0
    dismissal = cli(
        *("outliers", "dismiss", found["id"], "--reason", "polling", "--since", "2026-11-01"),
        *("--shown-until", "2026-11-02", "--until", "2026-12-01", "--as-of", "2026-11-30"),
    )

    assert (slip.code, dismissal.code) == (2, 0)
    assert slip.stderr.endswith(
        "hint: `llmcost outliers --where feature=search --since 2026-11-01 --until 2026-11-01T10:30Z` shows the ids\n"
    )


def test_an_accepted_finding_is_compared_within_the_values_it_was_shown_for(cli, books):
    only = ("--where", "user_id=u-1", "--where", "model~gpt")
    (found,) = json.loads(cli("outliers", *only, "--detector", "duplicate-requests", "--format", "json").stdout)[
        "findings"
    ]

    cli("savings", "accept", found["id"], *only, "--on", "2026-11-02")

    scope = (books / "llmcost-findings.yaml").read_text().partition("scope:\n")[2]
    assert scope == '      user_id: "u-1"\n      feature: "search"\n'


@pytest.mark.parametrize(("until", "code"), [("2026-11-30", 2), ("2026-12-01", 0)])
def test_a_dismissal_ends_after_it_begins(cli, books, until, code):
    (found,) = json.loads(cli("outliers", "--detector", "duplicate-requests", "--format", "json").stdout)["findings"]

    ended = cli(*("outliers", "dismiss", found["id"], "--reason", "polling"), "--until", until, "--as-of", "2026-11-30")

    assert (ended.code, (books / "llmcost-findings.yaml").exists()) == (code, code == 0)
    assert ("is not after today, 2026-11-30" in ended.stderr) == (code == 2)


def test_one_user_is_too_few(cli, books):
    told = json.loads(cli("outliers", "--detector", "power-users", "--format", "json").stdout)

    assert told["not_evaluated"][0]["reason"] == "1 user is too few to speak of the top twentieth; it takes 20"
