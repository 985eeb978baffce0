"""Posting to a webhook: what is tried again, how long is waited, and what an error gives away."""

import socket
import threading
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from llmcost.domain.errors import UpstreamError, UsageError
from llmcost.net.posting import post_json
from llmcost.net.redaction import redacted

PATH = "/services/T000/B000/verysecret"


class Handler(BaseHTTPRequestHandler):
    """Gives the answers it was told to, one after the other, and keeps what it was sent."""

    def do_POST(self):
        self.server.bodies.append((self.path, dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
        status, headers, body = self.server.answers.pop(0)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextmanager
def answering(*answers):
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.answers, server.bodies = list(answers), []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}{PATH}", server
        finally:
            server.shutdown()
            thread.join()


def test_a_body_is_posted_once_with_its_headers():
    with answering((200, {}, b"ok")) as (url, server):
        post_json(url, b'{"a": 1}', headers={"Authorization": "Bearer t"})
    ((path, headers, body),) = server.bodies

    assert (path, body, headers["Content-Type"], headers["Authorization"]) == (
        PATH,
        b'{"a": 1}',
        "application/json",
        "Bearer t",
    )


def test_a_busy_server_is_asked_again_when_it_says():
    waits = []
    with answering((429, {"Retry-After": "7"}, b""), (503, {}, b""), (200, {}, b"ok")) as (url, server):
        post_json(url, b"{}", pause=waits.append)

    assert waits == [7, 2]
    assert len(server.bodies) == 3


def test_retry_after_may_be_a_date_that_has_passed():
    waits = []
    with answering((503, {"Retry-After": formatdate(0, usegmt=True)}, b""), (200, {}, b"ok")) as (url, _):
        post_json(url, b"{}", pause=waits.append)

    assert waits == [0]


def test_a_server_that_asks_for_an_hour_is_not_waited_for():
    with (
        answering((429, {"Retry-After": "3600"}, b"")) as (url, _),
        pytest.raises(UpstreamError, match="answered 429 and asks for 3600 seconds of patience"),
    ):
        post_json(url, b"{}", pause=pytest.fail)


def test_a_refusal_is_final_and_is_told_without_the_address():
    with answering((404, {}, f"no_team {PATH}".encode())) as (url, server), pytest.raises(UpstreamError) as failure:
        post_json(url, b"{}", pause=pytest.fail)

    assert len(server.bodies) == 1
    assert failure.value.message == f"127.0.0.1:{server.server_port}: the server answered 404: no_team ***"


def test_giving_up_is_told_without_the_address():
    with answering(*[(500, {}, b"")] * 4) as (url, server), pytest.raises(UpstreamError) as failure:
        post_json(url, b"{}", pause=lambda _: None)

    assert len(server.bodies) == 4
    assert "verysecret" not in failure.value.message


def test_a_redirect_is_not_followed():
    with (
        answering((302, {"Location": "https://elsewhere.example/"}, b"")) as (url, _),
        pytest.raises(UpstreamError, match="answered 302"),
    ):
        post_json(url, b"{}")


def test_nobody_at_home_is_an_upstream_failure():
    with answering() as (url, _):
        pass
    waits = []
    with pytest.raises(UpstreamError) as failure:
        post_json(url, b"{}", pause=waits.append)

    assert waits == [1, 2, 4]
    assert "verysecret" not in failure.value.message


@pytest.mark.parametrize(
    "url", ["http://hooks.example.com/verysecret", "ftp://x/verysecret", "verysecret", "https://[/verysecret"]
)
def test_only_https_is_posted_to_and_a_wrong_address_is_not_shown(url):
    with pytest.raises(UsageError) as refusal:
        post_json(url, b"{}")

    assert "verysecret" not in refusal.value.message
    assert "https" in refusal.value.message


def test_a_secret_is_masked_in_every_spelling():
    secret = "https://hooks.example.com/a/b c?key=1 2"  # noqa: S105  an example

    assert redacted(f"at {secret}, at /a/b c?key=1 2, at key=1 2", [secret]) == "at ***, at ***, at ***"
    assert redacted("https%3A%2F%2Fhooks.example.com%2Fa%2Fb%20c%3Fkey%3D1%202", [secret]) == "***"


def test_where_nobody_listens_is_named_with_its_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        with pytest.raises(UpstreamError) as caught:
            post_json(f"http://127.0.0.1:{port}{PATH}", b"{}", given="--endpoint", pause=lambda _: None)
    assert caught.value.message.startswith(f"127.0.0.1:{port}: ")
    assert caught.value.hint == "is it running? check --endpoint"


@pytest.mark.parametrize(
    ("given", "hint"),
    [({}, "check the variable it comes from"), ({"given": "--endpoint"}, "check --endpoint")],
)
def test_an_address_that_is_refused_is_looked_for_where_it_stands(given, hint):
    with pytest.raises(UsageError, match=r"example\.com: only https") as caught:
        post_json(f"http://example.com{PATH}", b"{}", **given)
    assert caught.value.hint == hint


@pytest.mark.parametrize("token", ["Bearer abc\nsecret-123-def", "Bearer tökén-secret-123", "Bearer\x01secret-123"])
def test_a_header_that_cannot_be_sent_is_named_and_not_shown(token):
    with answering() as (url, server), pytest.raises(UsageError) as refusal:
        post_json(url, b"{}", headers={"Authorization": token}, pause=pytest.fail)

    assert server.bodies == []
    assert refusal.value.message == (
        f"127.0.0.1:{server.server_port}: the header Authorization holds characters that cannot be sent"
    )


@pytest.mark.parametrize("url", [f"http://127.0.0.1:1{PATH}\tok", "https://xn--é.example.com/verysecret"])
def test_an_address_that_cannot_be_written_is_not_shown(url):
    with pytest.raises(UsageError, match="the address cannot be posted to as it is written") as refusal:
        post_json(url, b"{}", pause=pytest.fail)

    assert "verysecret" not in refusal.value.message
