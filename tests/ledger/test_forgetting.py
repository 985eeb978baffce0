"""A forgotten id is gone to the last byte, stays gone when logs are read again, and takes no cost with it."""

import hashlib
import hmac
import json
import shutil
from decimal import Decimal

import pytest
from tests.ingesting import memory_ledger, native, picture, query, read, rows, write
from tests.once import made_once

from llmcost.domain.attribution import DEFAULT_ATTRIBUTION
from llmcost.domain.errors import DataError
from llmcost.ingest.merging import MergeRequest, merge
from llmcost.ingest.outcomes import OutcomeRequest, ingest_outcomes
from llmcost.ingest.reattribute import reattribute
from llmcost.ledger import database
from llmcost.ledger.forgetting import ForgetRequest, forget, preview
from llmcost.ledger.redacted_json import prepare
from llmcost.ledger.tombstones import mac, tombstones

NAME = "cust-zyxwv"
"""Letters that are in no other word."""


def lines(*, extra=()):
    """Three calls of the customer, by id, by content and through another tag; one of somebody else that speaks of them."""
    return [
        native(request_id="call-0001", customer_id=NAME, user_id="u-qponm", trace_id="t-77", session_id="s-1", tags={"team": "a", "note": "x", "account": NAME}),
        native(latency_ms=12.5, tags={"tenant_id": NAME, "env": "production", "user": "u-2"}, endpoint=f"/v1/{NAME}/chat"),
        native(request_id=f"{NAME}/call-0003", tags={"customer": NAME, "feature": "search"}),
        native(request_id="call-0004", tags={"customer_id": "other", "note": f"as for {NAME}, see below", "same": f"{NAME}s"}),
        *extra,
    ]  # fmt: skip


def asked(ledger, word=NAME, *, kind="customer", delete=False):
    return ForgetRequest(ledger=ledger, kind=kind, id=word, attribution=DEFAULT_ATTRIBUTION, delete=delete)


def everything(folder):
    """The bytes of every file of the ledger: the file itself, its log, what was left beside it."""
    return b"".join(path.read_bytes() for path in folder.rglob("ledger*") if path.is_file())


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A ledger of the customer's three calls, beside their log."""
    return made_once(
        tmp_path_factory,
        "forgetting",
        lambda folder: read(folder / "ledger", write(folder / "log.jsonl", lines()[:3])),
    )


@pytest.fixture
def ledger(made, tmp_path):
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path / "ledger"


@pytest.fixture
def without(made, tmp_path, tmp_path_factory):
    """That ledger after the customer was forgotten in it: `without(delete=True)`."""

    def one(*, delete=False):
        def forgotten(folder):
            shutil.copytree(made, folder, dirs_exist_ok=True)
            assert forget(asked(folder / "ledger", delete=delete)).requests == 3

        shutil.copytree(made_once(tmp_path_factory, f"forgotten-{delete}", forgotten), tmp_path, dirs_exist_ok=True)
        return tmp_path / "ledger"

    return one


def test_no_byte_is_left_and_the_cost_is(ledger, tmp_path):
    before = query(ledger, "select sum(cost), count(*), sum(uncached_input_tokens) from request")
    assert NAME.encode() in everything(tmp_path)
    done = forget(asked(ledger))
    assert (done.requests, done.cost, done.remaining) == (3, before[0][0], {})
    assert NAME.encode() not in everything(tmp_path)
    assert b"qponm" not in everything(tmp_path)
    assert query(ledger, "select sum(cost), count(*), sum(uncached_input_tokens) from request") == before
    found = rows(
        ledger, "customer_id", "user_id", "team", "environment", "feature", "endpoint", "trace_id", "session_id", "tags"
    )
    assert {row["customer_id"] for row in found} == {"forgotten"}
    assert {row["user_id"] for row in found} == {"forgotten", None}
    assert {row["trace_id"] for row in found} | {row["session_id"] for row in found} == {None}
    assert sorted(row["tags"] for row in found) == [
        '{"customer": "forgotten", "feature": "search"}',
        '{"customer_id": "forgotten", "team": "a", "user_id": "forgotten"}',
        '{"endpoint": "/v1/forgotten/chat", "env": "production", "tenant_id": "forgotten", "user": "forgotten"}',
    ]
    assert {row["endpoint"] for row in found} == {"/v1/forgotten/chat", None}
    assert query(ledger, "select count(*) from file where status = 'read'") == [(1,)]


def test_reading_the_log_again_brings_nothing_back(without, tmp_path):
    ledger = without()
    before = picture(ledger, tmp_path)
    # The same lines under another name, longer, with a sighting that knows the trace and not the customer.
    more = lines(extra=[native(request_id="call-0001", trace_id="t-77", latency_ms=3)])
    read(ledger, write(tmp_path / "more.jsonl", more))
    assert query(ledger, "select count(*) from request") == [(4,)]
    kept = rows(ledger, "request_id", "customer_id", "trace_id", "latency_ms", "tags")
    (one,) = [row for row in kept if row["request_id"] == "call-0001"]
    assert (one["customer_id"], one["trace_id"], one["latency_ms"]) == ("forgotten", None, 3)
    (other,) = [row for row in kept if row["customer_id"] == "other"]
    assert json.loads(other["tags"])["note"] == "as for forgotten, see below"
    # What is part of another word is another word.
    assert json.loads(other["tags"])["same"] == f"{NAME}s"
    with database.writing(ledger) as connection:
        connection.execute("delete from request where request_id = 'call-0004'")
        connection.execute("update request set latency_ms = null where request_id = 'call-0001'")
    assert picture(ledger, tmp_path) == before
    for table, column in (
        ("request", "customer_id"),
        ("request", "request_id"),
        ("file", "path"),
        ("ingest", "arguments"),
    ):
        assert query(ledger, f"select count(*) from {table} where contains({column}, '{NAME}')") == [(0,)]


def test_attribution_applied_again_leaves_it_forgotten(without):
    ledger = without()
    before = rows(ledger)
    reattribute(ledger, DEFAULT_ATTRIBUTION)
    assert rows(ledger) == before


@pytest.mark.slow
def test_deleted_requests_stay_deleted(ledger, tmp_path):
    read(ledger, write(tmp_path / "more.jsonl", [native(request_id="call-0009", customer_id="other")]))
    done = forget(asked(ledger, delete=True))
    assert done.requests == 3
    assert NAME.encode() not in everything(tmp_path)
    assert query(ledger, "select request_id from request") == [("call-0009",)]
    # The provider's own record of a deleted call names no customer; a new call of theirs names them.
    read(
        ledger,
        write(
            tmp_path / "a.jsonl",
            [*lines()[:3], native(request_id="call-0001"), native(request_id="call-new1", customer_id=NAME)],
        ),
    )
    assert query(ledger, "select request_id from request") == [("call-0009",)]
    read(ledger, write(tmp_path / "b.jsonl", [native(request_id="call-new1")]))
    assert query(ledger, "select count(*) from request") == [(1,)]


def close_november(ledger):
    """A period closed by somebody, with nothing on its statements."""
    text = json.dumps({"allocation": {"lines": []}, "previous": None}, sort_keys=True, separators=(",", ":"))
    with database.writing(ledger) as connection:
        connection.execute(
            "insert into chargeback values ('team', '2026-11', '2026-11-01', '2026-12-01', '2026-12-01', null, $text, $hash, null, null)",
            {"text": text, "hash": hashlib.sha256(text.encode()).hexdigest()},
        )


def dated(request_id, day, **values):
    return native(request_id=request_id, timestamp=f"{day}T10:00:00Z", customer_id=NAME, **values)


@pytest.mark.slow
def test_requests_of_closed_periods_are_masked_where_others_are_deleted(tmp_path):
    ledger = tmp_path / "ledger"
    log = [dated("call-last", "2026-11-30", user_id="u-qponm", trace_id="t-77"), dated("call-next", "2026-12-01")]
    read(ledger, write(tmp_path / "log.jsonl", log))
    outcomes = write(
        tmp_path / "outcomes.jsonl",
        [
            {"day": day, "customer_id": NAME, "metric": "revenue", "value": 1}
            for day in ("2026-10-31", "2026-11-02", "2026-12-02")
        ],
    )
    ingest_outcomes(OutcomeRequest(ledger=ledger, paths=[str(outcomes)]))
    close_november(ledger)
    before = query(ledger, "select cost from request where request_id = 'call-last'")
    done = forget(asked(ledger, delete=True))
    assert (done.requests, done.kept_requests, done.kept_cost) == (2, 1, before[0][0])
    assert NAME.encode() not in everything(tmp_path)
    kept = query(ledger, "select request_id, customer_id, user_id, trace_id, cost from request")
    assert kept == [("call-last", "forgotten", "forgotten", None, before[0][0])]
    assert query(ledger, "select day::varchar, dimensions from outcome") == [
        ("2026-11-02", '{"customer_id":"forgotten"}')
    ]
    # Neither the same log nor one without the customer's name changes that.
    again = [*log, native(request_id="call-last", timestamp="2026-11-30T10:00:00Z"), native(request_id="call-next")]
    read(ledger, write(tmp_path / "again.jsonl", again))
    assert query(ledger, "select request_id, customer_id, user_id, trace_id, cost from request") == kept


@pytest.mark.parametrize("order", ["ab", pytest.param("ba", marks=pytest.mark.slow)])
def test_a_merge_keeps_what_either_ledger_kept_of_a_closed_period(tmp_path, order):
    log = write(tmp_path / "log.jsonl", [dated("call-last", "2026-11-30"), dated("call-next", "2026-12-01")])
    for name in order:
        read(tmp_path / name, log)
    close_november(tmp_path / "a")
    forget(asked(tmp_path / "a", delete=True))
    ours, theirs = (tmp_path / name for name in order)
    merge(MergeRequest(ledger=ours, others=[theirs], attribution=DEFAULT_ATTRIBUTION))
    assert query(ours, "select request_id, customer_id from request") == [("call-last", "forgotten")]


@pytest.mark.slow
def test_who_is_forgotten_again_without_deleting_stays_deleted(without, tmp_path):
    ledger = without(delete=True)
    forget(asked(ledger))
    read(ledger, write(tmp_path / "a.jsonl", [native(request_id="call-new1", customer_id=NAME)]))
    assert query(ledger, "select count(*) from request") == [(0,)]


def test_a_user_is_forgotten_and_the_customer_is_not(tmp_path):
    log = write(tmp_path / "log.jsonl", [
        native(request_id="call-0001", customer_id="acme", user_id="jo@example.com", session_id="s", tags={"mail": "jo@example.com", "feature": "f"}),
        native(request_id="call-0002", customer_id="acme", user_id="al@example.com"),
    ])  # fmt: skip
    read(tmp_path / "ledger", log)
    done = forget(asked(tmp_path / "ledger", "jo@example.com", kind="user"))
    assert done.requests == 1
    assert b"jo@example" not in everything(tmp_path)
    found = rows(tmp_path / "ledger", "customer_id", "user_id", "session_id", "feature")
    assert {(row["customer_id"], row["user_id"], row["session_id"], row["feature"]) for row in found} == {
        ("acme", "forgotten", None, "f"),
        ("acme", "al@example.com", None, None),
    }
    read(
        tmp_path / "ledger",
        write(tmp_path / "again.jsonl", [json.loads(line) for line in log.read_text().splitlines()]),
    )
    assert rows(tmp_path / "ledger", "customer_id", "user_id", "session_id", "feature") == found


def test_an_id_that_could_be_anything_is_only_taken_where_it_is_an_id(tmp_path):
    log = [
        native(request_id="call-42-a", customer_id="42", tags={"feature": "f42 42"}),
        native(request_id="call-42-b", customer_id="7", model="gpt-5.4", tags={"level": "42"}),
    ]
    read(tmp_path / "ledger", write(tmp_path / "log.jsonl", log))
    done = forget(asked(tmp_path / "ledger", "42"))
    assert done.remaining["request.tags"] == 2  # `f42` of their own, and the level of somebody else
    assert {(row["customer_id"], row["feature"]) for row in rows(tmp_path / "ledger", "customer_id", "feature")} == {
        ("forgotten", "f42 forgotten"),
        ("7", None),
    }
    read(tmp_path / "ledger", write(tmp_path / "again.jsonl", log))
    assert {row["customer_id"] for row in rows(tmp_path / "ledger", "customer_id")} == {"forgotten", "7"}


@pytest.mark.slow
def test_others_whose_ids_only_contain_the_id_stay_who_they_are(tmp_path):
    log = [
        native(request_id="call-0001", customer_id="acme", input_tokens=100),
        native(request_id="call-0002", tags={"tenant": "acme-labs", "note": "as for acme"}, project="acme"),
        native(request_id="call-0003", customer_id="initech/acme", user_id="jo@acme", tags={"user": "jo@acme"}),
        native(request_id="call-0004", user_id="acme", endpoint="/v1/acme/chat"),
    ]
    read(tmp_path / "ledger", write(tmp_path / "log.jsonl", log))
    forget(asked(tmp_path / "ledger", "acme"))
    wanted = [
        ("call-0001", "forgotten", None, None, None, {"customer_id": "forgotten"}),
        ("call-0002", "acme-labs", None, "forgotten", None, {"tenant": "acme-labs", "note": "as for forgotten"}),
        ("call-0003", "initech/acme", "jo@acme", None, None, {"customer_id": "initech/acme", "user": "jo@acme", "user_id": "jo@acme"}),
        ("call-0004", None, "forgotten", None, "/v1/forgotten/chat", {"endpoint": "/v1/forgotten/chat", "user_id": "forgotten"}),
    ]  # fmt: skip

    def found():
        return [
            (*row[:-1], json.loads(row[-1]))
            for row in query(
                tmp_path / "ledger",
                "select request_id, customer_id, user_id, project, endpoint, tags from request order by request_id",
            )
        ]

    assert found() == wanted
    with database.writing(tmp_path / "ledger") as connection:
        connection.execute("delete from request where request_id <> 'call-0001'")
    read(tmp_path / "ledger", write(tmp_path / "again.jsonl", reversed(log)))
    assert found() == wanted
    reattribute(tmp_path / "ledger", DEFAULT_ATTRIBUTION)
    assert found() == wanted


@pytest.mark.slow
def test_the_owner_of_a_fine_tuned_model_is_forgotten_and_its_base_is_not(tmp_path):
    tuned, kept = f"ft:gpt-4o-mini-2024-07-18:{NAME}::abc12345", "ft:gpt-4o-mini-2024-07-18:forgotten::abc12345"
    log = [
        native(request_id="call-0001", customer_id=NAME, provider="openai", model=tuned, response_model=tuned, status="error", error_type=f"quota of {NAME} exceeded"),
        native(request_id="call-0002", customer_id="other", provider="openai", model=f"openai/ft:no-such-base:org:{NAME}:x"),
    ]  # fmt: skip
    ledger = tmp_path / "ledger"
    read(ledger, write(tmp_path / "log.jsonl", log))
    wanted = "select request_id, model, price_id, cost_status, cost from request order by request_id"
    before = query(ledger, wanted)
    assert forget(asked(ledger)).remaining == {}
    assert NAME.encode() not in everything(tmp_path)

    def found():
        return query(ledger, "select request_model, response_model, model, error_type from request order by request_id")

    names = [
        (kept, kept, "ft:gpt-4o-mini-2024-07-18", "quota of forgotten exceeded"),
        ("openai/ft:no-such-base:org:forgotten:x", None, "openai/ft:no-such-base:org:forgotten:x", None),
    ]
    assert found() == names
    assert query(ledger, wanted)[0] == before[0]
    with database.writing(ledger) as connection:
        connection.execute("delete from request")
    read(ledger, write(tmp_path / "again.jsonl", reversed(log)))
    assert found() == names
    assert query(ledger, wanted)[0] == before[0]


@pytest.mark.parametrize("delete", [False, True])
@pytest.mark.slow
def test_what_stays_of_the_id_in_the_subjects_own_rows_is_told_and_no_error(tmp_path, delete):
    ledger = tmp_path / "ledger"
    model = f"accounts/{NAME}/models/x"
    log = [
        native(request_id="call-0001", customer_id=NAME, model=model, project=f"{NAME}s"),
        native(request_id="call-0002", customer_id="other", model="mistral-large", project=f"{NAME}s"),
    ]
    read(ledger, write(tmp_path / "log.jsonl", log))
    expected = preview(asked(ledger, delete=delete))
    assert forget(asked(ledger, delete=delete)) == expected
    # Of the two requests, the customer's own goes where it is deleted.
    own = {} if delete else {"request.request_model": 1, "request.model": 1}
    assert expected.remaining == {"request.project": 1 if delete else 2, **own}
    kept = query(ledger, "select customer_id, request_model from request order by request_id")
    assert kept == [*([] if delete else [("forgotten", model)]), ("other", "mistral-large")]


@pytest.mark.slow
def test_others_of_outcomes_alerts_exports_and_closed_periods_stay_who_they_are(tmp_path):
    ledger = tmp_path / "ledger"
    read(ledger, write(tmp_path / "log.jsonl", [native(customer_id="acme"), native(customer_id="acme-labs")]))
    content = {
        "allocation": {"lines": [{"owner": "acme"}, {"owner": "acme-labs"}, {"owner": "müller acme"}]},
        "policy": {"note": "acme pays", "shares": {"acme-labs": "1"}},
        "previous": None,
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    stated = "customer_id=acme-labs\x1fteam=for acme\x1fuser_id=acme"
    with database.writing(ledger) as connection:
        connection.execute(
            "insert into chargeback values ('customer_id', '2026-10', '2026-10-01', '2026-11-01', '2026-11-01', 'acme', $text, $hash, null, null)",
            {"text": text, "hash": hashlib.sha256(text.encode()).hexdigest()},
        )
        connection.execute(
            "insert into outcome values (uuid(), 1, '2026-11-01', $dimensions, 'revenue', 5)",
            {"dimensions": '{"customer_id":"acme-labs"}'},
        )
        connection.execute(
            "insert into alert_state select 'r', unnest($subjects), null, 'c', 1, null, null, null",
            {"subjects": ['["acme", "a"]', '["acme-labs", "a"]', '["globex", null]', '["for acme", "ü\\"acme-labs"]']},
        )
        connection.execute(
            "insert into usage_bucket (bucket_key, source, ingest_id, bucket_start, bucket_end, cost_status, customer_id, stated_who) "
            "values (uuid(), 's', 1, '2026-11-01', '2026-11-02', 'unpriced', 'acme-labs', $stated)",
            {"stated": stated},
        )
    expected = preview(asked(ledger, "acme"))
    assert forget(asked(ledger, "acme")) == expected
    assert (expected.requests, expected.remaining["request.customer_id"]) == (1, 1)
    assert "outcome.dimensions" not in expected.masked
    ((closed, note),) = query(ledger, "select content, note from chargeback")
    assert json.loads(closed) == {
        "allocation": {"lines": [{"owner": "forgotten"}, {"owner": "acme-labs"}, {"owner": "müller acme"}]},
        "policy": {"note": "forgotten pays", "shares": {"acme-labs": "1"}},
        "previous": None,
    }
    assert note == "forgotten"
    assert query(ledger, "select dimensions from outcome") == [('{"customer_id":"acme-labs"}',)]
    # As they are written where an alert is told, so that one that was told is known.
    assert query(ledger, "select subject from alert_state order by rowid") == [
        ('["forgotten", "a"]',),
        ('["acme-labs", "a"]',),
        ('["globex", null]',),
        ('["for forgotten", "ü\\"forgotten-labs"]',),
    ]
    assert (expected.masked["alert_state.subject"], expected.remaining["alert_state.subject"]) == (2, 1)
    assert query(ledger, "select customer_id, stated_who from usage_bucket") == [
        ("acme-labs", "customer_id=acme-labs\x1fteam=for forgotten\x1fuser_id=forgotten")
    ]


def closed(*owners, evidence):
    """A closing as `allocation/storing.py` writes it, whose first owner's cost has `evidence`."""
    amounts = ["0.276750", "276750", "0.01"]
    own = {"name": "own requests", "kind": "direct", "method": "direct", "evidence": [], "basis": []}
    lines = [
        {"owner": owner, "source": "own requests", "kind": "direct", "method": "direct", "cost": amounts[place],
         "amount": amounts[place], "driver": "requests", "base": None, "evidence": [evidence] if place == 0 else []}
        for place, owner in enumerate(owners)
    ]  # fmt: skip
    policy = {
        "by": "customer_id",
        "unattributed": "even",
        "rules": [{"name": f"for {owners[0]}", "where": f"customer_id={owners[0]}", "method": "weights",
                   "weights": {owners[0]: 1, owners[1]: 276750}}],
    }  # fmt: skip
    allocation = {"by": "customer_id", "basis": "requests", "sources": [own], "lines": lines, "invoice": None}
    return {"allocation": allocation, "policy": policy, "previous": None}


@pytest.mark.parametrize(
    ("word", "evidence", "after"),
    [
        ("null", "llmcost report --where customer_id=null --period 2026-10", "llmcost report --where customer_id=forgotten --period 2026-10"),
        ("owner", "llmcost report --where 'customer_id in owner,x'", "llmcost report --where 'customer_id in forgotten,x'"),
        ("276750", "llmcost chargeback statement --for 276750", "llmcost chargeback statement --for forgotten"),
        ('Acme "Labs"', "llmcost report --where 'customer_id=\"Acme \"\"Labs\"\"\"'", "llmcost report --where 'customer_id=\"forgotten\"'"),
    ],
)  # fmt: skip
@pytest.mark.slow
def test_a_customer_called_like_a_word_of_ours_takes_nothing_else_along(tmp_path, word, evidence, after):
    ledger = tmp_path / "ledger"
    others = [native(request_id="call-0002", tags={"team": "a", "user_id": "u-2", "customer_id": "globex"})]
    read(ledger, write(tmp_path / "log.jsonl", [native(request_id="call-0001", customer_id=word), *others]))
    command = {"sign": "+", "cost": "0.276750"}
    text = json.dumps(
        closed(word, "b", evidence={**command, "command": evidence}), sort_keys=True, separators=(",", ":")
    )
    arguments = query(ledger, "select arguments from ingest")
    with database.writing(ledger) as connection:
        connection.execute(
            "insert into chargeback values ('customer_id', '2026-10', '2026-10-01', '2026-11-01', '2026-11-01', null, $text, $hash, null, null)",
            {"text": text, "hash": hashlib.sha256(text.encode()).hexdigest()},
        )
    assert forget(asked(ledger, word)).masked["chargeback.content"] == 1
    ((content, digest),) = query(ledger, "select content, content_hash from chargeback")
    assert json.loads(content) == closed("forgotten", "b", evidence={**command, "command": after})
    assert digest == hashlib.sha256(content.encode()).hexdigest()
    assert query(ledger, "select arguments from ingest") == arguments
    kept = {"team": "a", "user_id": "u-2", "customer_id": "globex"}
    ((tags,),) = query(ledger, "select tags from request where request_id = 'call-0002'")
    assert json.loads(tags) == kept


@pytest.mark.parametrize(
    ("word", "conditions", "after"),
    [
        (
            'a "b"',
            ['customer_id="a ""b"""', 'user_id in x,"a ""b""","c"', 'user_id="a """"b"""""', """user_id = 'a "b"'"""],
            [
                'customer_id="forgotten"',
                'user_id in x,"forgotten","c"',
                'user_id="a """"b"""""',
                "user_id = 'forgotten'",
            ],
        ),
        ("O'Neil", ["customer_id not in O'Neil , 'O''Neil'"], ["customer_id not in forgotten , 'forgotten'"]),
    ],
)
def test_a_name_with_quotes_is_known_however_a_condition_spells_it(word, conditions, after):
    with memory_ledger() as connection:
        arguments = json.dumps(conditions)
        connection.execute("insert into ingest values (1, '2026-11-20', '1.0', 'abcdef', $text)", {"text": arguments})

        prepare(connection, word, "forgotten", lambda _: [])

        assert [
            (json.loads(one), json.loads(other))
            for one, other in connection.execute("from forgotten_document").fetchall()
        ] == [(conditions, after)]


@pytest.mark.slow
def test_the_kinds_of_spans_are_nobody(tmp_path):
    ledger = tmp_path / "ledger"
    read(ledger, write(tmp_path / "log.jsonl", [native(customer_id="wrapper", request_id="call-0001")]))
    with database.writing(ledger) as connection:
        connection.execute("insert into received_span values ('t-1', 's-1', 'of wrapper', 'wrapper', true, 1)")
    found = forget(asked(ledger, "wrapper"))
    assert query(ledger, "select role, parent_id from received_span") == [("wrapper", "of forgotten")]
    assert found.remaining == {"received_span.role": 1}


def test_the_keys_of_tags_are_nobody(tmp_path):
    ledger = tmp_path / "ledger"
    log = [
        native(request_id="call-0001", customer_id="team"),
        native(request_id="call-0002", tags={"team": "a", "customer_id": "globex", "the team": "the team"}),
    ]
    read(ledger, write(tmp_path / "log.jsonl", log))
    for _ in range(2):
        forget(asked(ledger, "team"))
        ((tags,),) = query(ledger, "select tags from request where request_id = 'call-0002'")
        assert json.loads(tags) == {"team": "a", "customer_id": "globex", "the forgotten": "the forgotten"}
        # A later reading says the same.
        later = native(request_id="call-0003", tags={"team": "a", "customer_id": "team"})
        read(ledger, write(tmp_path / "later.jsonl", [later]))
        ((tags,),) = query(ledger, "select tags from request where request_id = 'call-0003'")
        assert json.loads(tags) == {"team": "a", "customer_id": "forgotten"}


@pytest.mark.parametrize("in_advance", [False, True])
@pytest.mark.slow
def test_an_outcome_of_a_customer_loses_its_user_and_session_as_requests_do(tmp_path, in_advance):
    ledger = tmp_path / "ledger"
    who = {"user_id": "u-qponm", "session_id": "s-77", "feature": "search"}
    outcomes = write(
        tmp_path / "outcomes.jsonl",
        [
            {"day": "2026-11-01", "metric": "clicks", "value": value, "customer_id": customer, **who}
            for value, customer in ((5, NAME), (7, "globex"))
        ],
    )
    read(ledger, write(tmp_path / "log.jsonl", [native(customer_id=NAME)]))
    if in_advance:
        forget(asked(ledger))
    ingest_outcomes(OutcomeRequest(ledger=ledger, paths=[str(outcomes)]))
    if not in_advance:
        forget(asked(ledger))
    assert query(ledger, "select dimensions, value from outcome order by value") == [
        ('{"customer_id":"forgotten","feature":"search","session_id":null,"user_id":"forgotten"}', 5),
        ('{"customer_id":"globex","feature":"search","session_id":"s-77","user_id":"u-qponm"}', 7),
    ]


@pytest.mark.slow
def test_ids_of_any_letters_are_forgotten(tmp_path):
    names = ["Müller & Söhne", 'a"b\\c', "日本語会社", "x.y*(z)+[w]\n \\Ework"]
    log = [
        native(request_id=f"call-0{number}", customer_id=name, tags={"feature": f"for {name}!"})
        for number, name in enumerate([*names, "kept"], 10)
    ]
    read(tmp_path / "ledger", write(tmp_path / "log.jsonl", log))
    for name in names:
        forget(asked(tmp_path / "ledger", name))
    wanted = {("forgotten", "for forgotten!"), ("kept", "for kept!")}
    for name in names:
        for spelling in {name, json.dumps(name)[1:-1], json.dumps(name, ensure_ascii=False)[1:-1]}:
            assert spelling.encode() not in everything(tmp_path)
    read(tmp_path / "ledger", write(tmp_path / "again.jsonl", log))
    found = rows(tmp_path / "ledger", "customer_id", "feature")
    assert {(row["customer_id"], row["feature"]) for row in found} == wanted


@pytest.mark.slow
def test_every_table_loses_the_id_and_paths_are_told(tmp_path):
    folder = tmp_path / NAME
    log = write(folder / "log.jsonl", [native(request_id="call-0001", customer_id=NAME), b"{"])
    read(tmp_path / "ledger", log)
    content = json.dumps({"previous": None, "lines": [NAME]})
    later = json.dumps(
        {"previous": hashlib.sha256(content.encode()).hexdigest(), "lines": []}, sort_keys=True, separators=(",", ":")
    )
    with database.writing(tmp_path / "ledger") as connection:
        connection.execute(
            "insert into alert_state values ('r', $subject, null, 'c', 1, null, null, null)",
            {"subject": json.dumps([NAME])},
        )
        connection.execute(
            "insert into outcome values (uuid(), 1, '2026-11-01', $dimensions, 'revenue', 5)",
            {"dimensions": json.dumps({"customer_id": NAME, "feature": None})},
        )
        connection.execute(
            "insert into usage_bucket (bucket_key, source, ingest_id, bucket_start, bucket_end, cost_status, customer_id, tags) "
            "values (uuid(), 's', 1, '2026-11-01', '2026-11-02', 'unpriced', $id, $tags)",
            {"id": NAME, "tags": json.dumps({"org_id": NAME, "team": "t"})},
        )
        for number, text in enumerate((content, later), 1):
            connection.execute(
                "insert into chargeback values ('customer_id', '2026-10', '2026-10-01', '2026-11-01', $at, null, $text, $hash, null, null)",
                {"at": f"2026-11-0{number}", "text": text, "hash": hashlib.sha256(text.encode()).hexdigest()},
            )
        connection.execute(
            "insert into price_lock values ('2026-11-01', $note, '2026-11-02', null)", {"note": f"for {NAME}"}
        )
    found = preview(asked(tmp_path / "ledger"))
    done = forget(asked(tmp_path / "ledger"))
    assert found == done
    assert done.paths == (str(log),)
    assert (done.requests, done.buckets) == (1, 1)
    assert NAME.encode() not in everything(tmp_path)
    assert query(tmp_path / "ledger", "select subject from alert_state") == [('["forgotten"]',)]
    assert query(tmp_path / "ledger", "select dimensions, value from outcome") == [
        ('{"customer_id":"forgotten","feature":null}', 5)
    ]
    assert query(tmp_path / "ledger", "select tags, customer_id from usage_bucket") == [
        ('{"org_id":"forgotten","team":"t"}', "forgotten")
    ]
    assert query(tmp_path / "ledger", "select note from price_lock") == [("for forgotten",)]
    first, second = query(tmp_path / "ledger", "select content, content_hash from chargeback order by closed_at")
    assert [hashlib.sha256(text.encode()).hexdigest() for text, _ in (first, second)] == [first[1], second[1]]
    assert json.loads(second[0])["previous"] == first[1]
    ((path,),) = query(tmp_path / "ledger", "select path from file")
    assert path.startswith(f"{tmp_path}/forgotten-")
    # The log, still named after the customer, is known as what it was, and its name does not come back.
    assert read(tmp_path / "ledger", log).files[0].status in {"known", "partial"}
    assert query(tmp_path / "ledger", "select path from file") == [(path,)]
    assert NAME.encode() not in everything(tmp_path)


@pytest.mark.slow
def test_the_tombstone_is_a_keyed_hash(without):
    ledger = without()
    ((key,),) = query(ledger, "select key from tombstone_key")
    assert len(key) == 32
    ((found, kind, requests),) = query(ledger, "select mac, kind, requests from tombstone")
    assert (found, kind, requests) == (hmac.new(key, NAME.encode(), "sha256").hexdigest(), "customer", 3)
    forget(asked(ledger))
    assert query(ledger, "select count(*) from tombstone") == [(1,)]
    assert query(ledger, "select count(*) from tombstone_key") == [(1,)]


def test_python_and_sql_hash_alike(without):
    ledger = without()
    with database.reading(ledger) as connection:
        stones = tombstones(connection)
        assert stones is not None
        assert (stones.state(NAME, "customer"), stones.state(NAME, "user"), stones.state("x", "customer")) == (
            "kept",
            None,
            None,
        )
        (key,) = stones.keys
        inner, outer = (bytes(byte ^ pad for byte in key.ljust(64, b"\0")) for pad in (0x36, 0x5C))
        ((found,),) = connection.execute(
            "select sha256($outer || unhex(sha256($inner || encode('ünï 日本'))))", {"inner": inner, "outer": outer}
        ).fetchall()
        assert found == mac(key, "ünï 日本")


def test_a_failure_leaves_the_ledger_as_it_was(ledger, tmp_path, monkeypatch):
    before = ledger.read_bytes()
    monkeypatch.setattr("llmcost.ledger.forgetting._holds", lambda *_: True)
    with pytest.raises(DataError, match="was left as it is"):
        forget(asked(ledger))
    assert ledger.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ledger", "log.jsonl"]


@pytest.mark.parametrize(
    ("order", "delete"),
    [
        ("AB", False),
        *(pytest.param(*one, marks=pytest.mark.slow) for one in (("AB", True), ("BA", False), ("BA", True))),
    ],
)
@pytest.mark.slow
def test_what_one_ledger_has_forgotten_the_merged_one_has(tmp_path, order, delete):
    read(tmp_path / "A", write(tmp_path / "a.jsonl", lines()[:2]))
    read(
        tmp_path / "B",
        write(
            tmp_path / "b.jsonl",
            [*lines()[:1], native(request_id="call-0008", customer_id=NAME), native(request_id="call-0009")],
        ),
    )
    shutil.copy(tmp_path / "B", tmp_path / "untouched")
    forget(asked(tmp_path / "A", delete=delete))
    target, other = (tmp_path / name for name in order)
    merge(MergeRequest(ledger=target, others=[other]))
    wanted = [(None, 1)] if delete else [("forgotten", 3), (None, 1)]
    assert query(target, "select customer_id, count(*) from request group by 1 order by 2 desc") == wanted
    assert NAME.encode() not in target.read_bytes()
    if order == "AB":
        assert (tmp_path / "B").read_bytes() == (tmp_path / "untouched").read_bytes()


@pytest.mark.parametrize(
    ("delete", "wanted"), [pytest.param(False, [("forgotten", 5)], marks=pytest.mark.slow), (True, [])]
)
@pytest.mark.slow
def test_outcomes_alone_do_not_bring_a_forgotten_id_into_a_merged_ledger(without, tmp_path, delete, wanted):
    ledger = without(delete=delete)
    events = tmp_path / "events.csv"
    events.write_text(f"date,metric,value,customer_id\n2026-11-01,conversions,5,{NAME}\n", "utf-8")
    ingest_outcomes(OutcomeRequest(paths=(str(events),), ledger=tmp_path / "B"))
    merge(MergeRequest(ledger=ledger, others=[tmp_path / "B"]))
    assert query(ledger, "select dimensions->>'customer_id', cast(value as integer) from outcome") == wanted
    assert NAME.encode() not in ledger.read_bytes()


def test_nothing_is_asked_of_a_ledger_that_never_forgot(tmp_path, monkeypatch):
    monkeypatch.setattr("llmcost.ingest.forgotten.find", None)
    read(tmp_path / "ledger", write(tmp_path / "log.jsonl", lines()))
    assert query(tmp_path / "ledger", "select sum(cost) from request")[0][0] > Decimal(0)
