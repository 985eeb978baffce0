"""A server that has forgotten the page it named: the window is read from its beginning again, and nothing counts twice."""

import json

import pytest
from tests.gateways.fakes import FAKES, SECRET
from tests.gateways.loopback import Answering, Question, Reply, serving, status
from tests.gateways.test_apis import from_a_file, pulled, told

from llmcost.domain.errors import UpstreamError
from llmcost.gateways.paging import Whole
from llmcost.gateways.registry import all_gateways
from llmcost.gateways.scopes import parts_of
from llmcost.gateways.session import session

CODES = (400, 404, 410)
_QUICK = {"portkey"}
"""One with tokens and one with jobs."""


def _has_pages(name):
    ways = [way for ways in all_gateways()[FAKES[name].gateway].streams.values() for way in ways]
    return any(way.job is not None or not isinstance(way.paging, Whole) for way in ways)


@pytest.fixture(
    params=[pytest.param(n, marks=() if n in _QUICK else pytest.mark.slow) for n in sorted(FAKES) if _has_pages(n)]
)
def paged(request):
    return FAKES[request.param]


def _goes_on(question: Question) -> bool:
    """Whether more is asked for than a beginning: a token, a number, an offset, or a step of an export."""
    page = question.query.get("page", "")
    offset = question.body.get("offset", 0) if isinstance(question.body, dict) else 0
    token = "after-" in json.dumps([question.query, question.body])
    step = question.path.startswith(("/logs/exports/", "/a/files/"))
    return token or step or (page.isdecimal() and int(page) > 1) or offset > 0


def _forgetting(answer: Answering, codes: list[int]) -> Answering:
    """The first questions that go on are refused, each with the next of these statuses."""

    def answered(question: Question) -> Reply:
        if codes and _goes_on(question):
            return Reply(status=codes.pop(0), content={"error": {"message": "the cursor has expired"}})
        return answer(question)

    return answered


def test_a_page_that_is_forgotten_is_read_again_from_the_beginning_of_its_window(paged, tmp_path):
    """The first pull ends in the middle of a window; the next goes on, and is told up to three times that a page is gone."""
    turn = sorted(FAKES).index(paged.gateway) % len(CODES)
    codes = [*CODES[turn:], *CODES[:turn]]
    with serving(_forgetting(paged(paged.rows(20)), [])) as api:
        api.faults = [None, None, *[status(503)] * 4]
        broken = pulled(paged, api, tmp_path / "l")
        assert broken.errors
        api.answer = _forgetting(api.answer, codes)
        api.faults = []
        found = pulled(paged, api, tmp_path / "l")

    assert found.errors == ()
    assert len(codes) < len(CODES)
    assert told(tmp_path / "l") == from_a_file(paged)


def test_a_file_of_an_export_that_is_never_there_is_said(tmp_path):
    fake = FAKES["portkey"]
    with serving(_forgetting(fake(fake.rows(1)), [410] * 1000)) as api:
        found = pulled(fake, api, tmp_path / "l")
        assert len(api.asked) < 400

    (error,) = found.errors
    assert "the server does not go on: 410" in error.message


def _projects(codes):
    """Three projects on three pages."""

    def answered(question: Question) -> Reply:
        if codes and "cursor" in question.query:
            return Reply(status=codes.pop(0), content="gone")
        number = int(question.query.get("cursor", "0"))
        return Reply(
            content={
                "data": [{"id": f"p{number}", "name": f"project {number}"}],
                "next_cursor": str(number + 1) if number < 2 else None,
            }
        )

    return answered


def _listed(codes):
    gateway = all_gateways()["phoenix"]
    with serving(_projects(codes)) as api, session(gateway, api.url, {"PHOENIX_API_KEY": SECRET}) as fetcher:
        return [part.scope for part in parts_of("phoenix", gateway, fetcher)]


def test_a_list_of_projects_that_is_forgotten_half_way_names_each_once():
    assert _listed([404, 410]) == ["p0", "p1", "p2"]


def test_a_list_of_projects_that_never_goes_on_is_said():
    with pytest.raises(UpstreamError, match="the server does not go on: 400: gone"):
        _listed([400] * 10)
