"""Two projects behind one address, told apart by their keys alone: what was read of one is not taken for read of the other."""

from datetime import timedelta
from decimal import Decimal

from tests.gateways.fakes import FAKES
from tests.gateways.loopback import Question, Reply, serving
from tests.gateways.pulling import NOW, at, run
from tests.ingesting import query

from llmcost.domain.pulled import Span, Stream
from llmcost.ledger import database
from llmcost.ledger.coverage import cover

HELICONE = FAKES["helicone"]
FIRST, SECOND = ({"HELICONE_API_KEY": key} for key in ("sk-first", "sk-second"))


def both(question: Question) -> Reply:
    """Twelve calls, the even ones of the first project and the odd ones of the other."""
    rows = HELICONE.rows(12)
    of_first = question.headers["authorization"] == "Bearer sk-first"
    return HELICONE.answer(rows[0::2] if of_first else rows[1::2], question)


def calls(ledger) -> list[str]:
    return [name for (name,) in query(ledger, "select request_id from request order by 1")]


def begins(api, since: int) -> str:
    """The earliest time asked for, since so many questions."""
    filters = [question.body["filter"]["left"]["request_response_rmt"] for question in api.asked[since:]]
    return str(min(one["request_created_at"]["gte"] for one in filters))


def test_each_project_is_read_from_the_beginning_and_then_goes_on(tmp_path):
    with serving(both) as api:

        def pull(environ, **more):
            asked = len(api.asked)
            assert run(api, tmp_path / "l", gateway="helicone", environ=environ, **more).errors == ()
            return begins(api, asked)

        pull(FIRST)
        assert calls(tmp_path / "l") == [f"r-{number:04}" for number in range(0, 12, 2)]
        assert pull(SECOND, since=None) == "2026-11-01T00:00:00.000Z"
        assert calls(tmp_path / "l") == [f"r-{number:04}" for number in range(12)]
        for environ in (FIRST, SECOND):
            assert pull(environ, since=None, now=NOW + timedelta(hours=1)) == "2026-11-05T11:00:00.000Z"
    assert b"sk-first" not in (tmp_path / "l").read_bytes()


def test_what_was_read_before_keys_were_remembered_is_that_of_the_first_that_comes(tmp_path):
    with serving(both) as api:
        run(api, tmp_path / "l", gateway="helicone", environ=FIRST)
        with database.connect() as connection, database.writing(tmp_path / "l", connection=connection):
            connection.execute("delete from ledger.gateway_cursor")
            spans = [Span(since=at("2026-11-01"), until=at("2026-11-05T10:00:00"))]
            cover(connection, Stream(gateway="helicone", url=api.url), spans, 1)
        for environ, begin in ((FIRST, "2026-11-05T10:00:00.000Z"), (SECOND, "2026-11-01T00:00:00.000Z")):
            asked = len(api.asked)
            run(api, tmp_path / "l", gateway="helicone", environ=environ, since=None)
            assert begins(api, asked) == begin
    assert len(calls(tmp_path / "l")) == 12


def test_two_organizations_costs_of_one_day_add_up(tmp_path):
    """$1.25 and $2.25 of two projects, and $3.25 more that the second does not tell the project of."""
    fake = FAKES["openai-costs"]

    def costs(question: Question) -> Reply:
        day = fake.row(0)
        (first,) = day["results"]
        second = [{**first, "amount": {"value": 2.25, "currency": "usd"}, "project_id": "proj_desk"}]
        second.append({**first, "amount": {"value": 3.25, "currency": "usd"}, "project_id": None})
        of_first = question.headers["authorization"] == "Bearer first"
        reply: Reply = fake.answer([{**day, "results": [first] if of_first else second}], question)
        return reply

    with serving(costs) as api:
        for key in ("first", "second", "first"):
            run(api, tmp_path / "l", gateway="openai-costs", environ={"OPENAI_ADMIN_KEY": key}, now=NOW.replace(day=25))
    (found,) = query(tmp_path / "l", "select sum(billed_cost) from usage_bucket")
    assert found == (Decimal("6.75"),)
