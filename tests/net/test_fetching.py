"""Asking an API with a key: what is tried again, for how long, what is refused, and that nobody else learns the key."""

import json
import socket
from contextlib import contextmanager

import pytest
from tests.gateways.loopback import KEY, Reply, elsewhere, serving, stalled, status, torn, truncated

from llmcost.domain.errors import UpstreamError, UsageError
from llmcost.net.fetching import Answer, Asked, Fetcher, Patience, check_address

HASTY = Patience(attempts=3, connect=2, read=0.3, whole=0.6, longest_pause=20)


def _answer(question):
    return Reply(content={"path": question.path, "query": question.query, "body": question.body, "filler": "x" * 200})


@contextmanager
def _session(*faults, **settings):
    waits = []
    chance = settings.pop("chance", lambda: 1.0)
    answer = settings.pop("answer", _answer)
    with (
        serving(answer, *faults) as api,
        Fetcher(
            api.url,
            {"Authorization": f"Bearer {KEY}"},
            secrets=(KEY,),
            patience=HASTY,
            pause=waits.append,
            chance=chance,
            **settings,
        ) as fetcher,
    ):
        yield fetcher, api, waits


def _json(answer):
    return json.loads(answer.text)


ASKED = Asked(path="/rows", query={"page": "1"})


def test_a_question_carries_the_key_its_query_and_its_body():
    with _session() as (fetcher, api, _):
        got = fetcher.fetch(Asked(path="/search", query={"a": "b c"}, body={"limit": 5}), _json)

    assert got["query"] == {"a": "b c"}
    assert got["body"] == {"limit": 5}
    assert api.asked[0].method == "POST"
    assert api.asked[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    "fault", [status(500), status(429), status(503), truncated, torn, stalled(0.6)], ids=lambda fault: fault.__name__
)
def test_what_may_pass_is_tried_again(fault):
    with _session(fault, fault) as (fetcher, api, waits):
        assert fetcher.fetch(ASKED, _json)["path"] == "/rows"

    assert len(api.asked) == 3
    assert waits == [1, 2]


def test_pauses_are_jittered_between_half_and_all():
    with _session(status(500), status(500), chance=lambda: 0.0) as (fetcher, _, waits):
        fetcher.fetch(ASKED, _json)

    assert waits == [0.5, 1]


def test_retry_after_by_the_servers_clock():
    """Nine seconds after its own time, which is decades before ours."""
    later = status(429, Retry_After="Thu, 01 Jan 1970 00:00:09 GMT")
    with _session(later) as (fetcher, api, waits):
        api.date = "Thu, 01 Jan 1970 00:00:00 GMT"
        fetcher.fetch(Asked(path="/"), lambda answer: answer)
    assert waits == [9.0]


def test_retry_after_is_obeyed_but_not_for_ever():
    with _session(status(429, Retry_After="7")) as (fetcher, _, waits):
        fetcher.fetch(ASKED, _json)
    assert waits == [7]

    with (
        _session(status(429, Retry_After="3600")) as (fetcher, _, waits),
        pytest.raises(UpstreamError, match=r"answered 429: .* asks for 3600 seconds of patience"),
    ):
        fetcher.fetch(ASKED, _json)
    assert waits == []


def test_attempts_are_bounded_and_the_last_reason_is_said():
    with _session(*[status(500)] * 5) as (fetcher, api, _):
        with pytest.raises(UpstreamError, match=r"/rows: the server answered 500: .*fault 500"):
            fetcher.fetch(ASKED, _json)
        assert len(api.asked) == 3


@pytest.mark.slow
def test_an_answer_that_drips_is_given_up():
    # Pieces come often enough for the limit between two of them, and too slowly for the whole.
    with (
        _session(answer=lambda _: Reply(content="x" * 400, drip=0.05)) as (fetcher, api, _),
        pytest.raises(UpstreamError, match=r"took more than 0\.6 seconds"),
    ):
        fetcher.fetch(ASKED, lambda answer: answer.text)
    assert len(api.asked) == 3


def test_a_status_that_will_not_pass_is_the_callers_business():
    with _session(status(404)) as (fetcher, api, _):
        assert fetcher.fetch(ASKED, lambda answer: answer.status) == 404
    assert len(api.asked) == 1


def test_the_key_is_not_sent_to_another_server():
    with serving(_answer) as other, _session(elsewhere(f"{other.url}/rows")) as (fetcher, _, _):
        with pytest.raises(UpstreamError, match="redirected to another server"):
            fetcher.fetch(ASKED, _json)
        assert other.asked == []


def test_a_redirect_on_the_same_server_is_followed():
    with _session(elsewhere("/moved?page=1")) as (fetcher, api, _):
        assert fetcher.fetch(ASKED, _json)["path"] == "/moved"
    assert api.asked[1].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    "link",
    [
        *("https://[half/file?signature=s", "ftp://files.example/file", "file:///etc/passwd", ""),
        # Another machine of a private network.
        *("http://169.254.169.254/latest?signature=s", "http://10.0.0.7/file", "http://db.internal/file"),
    ],
)
def test_a_link_that_cannot_be_followed_is_the_servers_fault(link):
    with _session() as (fetcher, api, _), pytest.raises(UpstreamError, match="names a file where none") as failure:
        fetcher.elsewhere(link, _json)
    assert ("signature" in str(failure.value), api.asked) == (False, [])


def test_a_redirect_that_is_not_followed_is_shown_without_the_key():
    with _session(elsewhere(f"/login?key={KEY}")) as (fetcher, _, _), pytest.raises(UpstreamError) as caught:
        fetcher.fetch(Asked(path="/search", body={}), _json)

    assert caught.value.message.endswith("/login?key=***")


def test_redirects_do_not_go_on_for_ever():
    with (
        _session(*[elsewhere("/again")] * 9) as (fetcher, _, _),
        pytest.raises(UpstreamError, match="redirected more than 5 times"),
    ):
        fetcher.fetch(ASKED, _json)


def test_an_answer_without_end_is_refused():
    with (
        _session(answer=lambda _: Reply(content="x" * 3_000_000), limit=1024 * 1024) as (fetcher, _, _),
        pytest.raises(UpstreamError, match="larger than 1 MiB"),
    ):
        fetcher.fetch(ASKED, _json)


def test_what_a_server_says_is_shown_without_the_key():
    with (
        _session(*[lambda _: Reply(status=500, content={"error": f"bad key {KEY}"})] * 3) as (fetcher, _, _),
        pytest.raises(UpstreamError) as caught,
    ):
        fetcher.fetch(ASKED, _json)

    assert KEY not in caught.value.message
    assert "bad key ***" in caught.value.message


def test_a_refusal_in_another_encoding_is_a_refusal():
    text = "clé refusée"
    with _session(lambda _: Reply(status=401, content=text.encode("latin-1"))) as (fetcher, api, waits):
        answer = fetcher.fetch(ASKED, lambda answer: answer)

    assert (answer.status, answer.text, waits) == (401, "cl\ufffd refus\ufffde", [])
    assert len(api.asked) == 1


def test_rows_in_another_encoding_are_damaged():
    with (
        _session(answer=lambda _: Reply(content="clé".encode("latin-1"))) as (fetcher, api, _),
        pytest.raises(UpstreamError, match="the answer is damaged"),
    ):
        fetcher.fetch(ASKED, lambda answer: answer.text)
    assert len(api.asked) == 3


def test_a_long_key_said_back_in_escapes_is_hidden_whole():
    key = "k3-" * 300
    with Fetcher("http://localhost", {}, secrets=(key,)) as fetcher:
        said = fetcher.said(Answer(status=403, headers={}, text="no: " + "".join(f"\\u{ord(one):04x}" for one in key)))

    assert said == "403: no: ***"


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://gw.example.com/", "https://gw.example.com"),
        ("https://gw.example.com:8443/api/", "https://gw.example.com:8443/api"),
        ("http://localhost:4000", "http://localhost:4000"),
        ("http://litellm:4000", "http://litellm:4000"),
        ("http://10.1.2.3", "http://10.1.2.3"),
        ("http://litellm.gateways.svc", "http://litellm.gateways.svc"),
    ],
)
def test_addresses_that_keys_are_sent_to(url, kept):
    assert check_address(url) == kept


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://gw.example.com", "unencrypted"),
        ("http://8.8.8.8", "unencrypted"),
        ("https://user:secret-word@gw.example.com", "more than a host and a path"),
        ("https://gw.example.com/?key=secret-word", "more than a host and a path"),
        ("ftp://gw.example.com", "must be an https address"),
        ("gw.example.com", "must be an https address"),
        ("https://[broken", "must be an https address"),
        ("https://gw.example.com/\x1bapi", "must be an https address"),
        ("https://gw.example.com/a\nb", "must be an https address"),
    ],
)
def test_addresses_that_are_refused_without_a_word_of_what_is_secret_in_them(url, reason):
    with pytest.raises(UsageError, match=reason) as caught:
        check_address(url)
    assert "secret-word" not in f"{caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize(
    ("url", "message", "hint"),
    [
        ("localhost:5999", "localhost:5999: the address", "write http://localhost:5999"),
        ("gw.example.com/v1", "gw.example.com/v1: the address", "write https://gw.example.com/v1"),
        ("sk-proj-" + "a1" * 12, "the address", "such as https://gateway.example.com"),
        ("user:secret-word@gw.example.com", "the address", "such as https://gateway.example.com"),
    ],
)
def test_an_address_without_a_scheme_is_shown_with_one(url, message, hint):
    with pytest.raises(UsageError) as caught:
        check_address(url)
    assert (
        caught.value.message == f"{message} of a gateway must be an https address, or an http one of your own network"
    )
    assert caught.value.hint == hint


def test_a_server_that_never_answered_is_asked_after():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        with Fetcher(url, {}, pause=lambda _: None) as fetcher, pytest.raises(UpstreamError) as caught:
            fetcher.fetch(Asked(path="/x"), lambda answer: answer.text)
    assert caught.value.message.startswith(f"{url}/x: ")
    assert caught.value.hint == "is it running? check the address, which --url names"
