"""A file fetched over HTTP: within limits, from the cache when it has not changed."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from llmcost.domain.errors import UpstreamError, UsageError
from llmcost.net.download import Cached, download


class Handler(BaseHTTPRequestHandler):
    """Answers by path, and remembers what it was asked."""

    def do_GET(self):
        self.server.asked.append((self.path, self.headers.get("If-None-Match")))
        status, headers, body = self.server.answers[self.path]
        if headers.get("ETag") and headers["ETag"] == self.headers.get("If-None-Match"):
            status, body = 304, b""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextmanager
def serving(answers):
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.asked, server.answers = [], answers
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", server
        finally:
            server.shutdown()
            thread.join()


def test_an_unchanged_file_is_read_from_the_cache(tmp_path):
    cache = Cached(folder=tmp_path / "cache")
    with serving({"/a": (200, {"ETag": '"1"'}, b"prices")}) as (base, server):
        assert download(f"{base}/a", cache=cache) == b"prices"
        assert download(f"{base}/a", cache=cache) == b"prices"
        server.answers["/a"] = (200, {"ETag": '"2"'}, b"newer")
        assert download(f"{base}/a", cache=cache) == b"newer"
    assert server.asked == [("/a", None), ("/a", '"1"'), ("/a", '"1"')]


def test_a_damaged_cache_is_not_believed(tmp_path):
    cache = Cached(folder=tmp_path)
    with serving({"/a": (200, {"ETag": '"1"'}, b"prices")}) as (base, server):
        download(f"{base}/a", cache=cache)
        next(tmp_path.glob("*.body")).write_bytes(b"other")
        assert download(f"{base}/a", cache=cache) == b"prices"
    assert [etag for _, etag in server.asked] == [None, None]


def test_a_redirect_is_followed_on_the_same_host_only():
    answers = {
        "/a": (302, {"Location": "/b"}, b""),
        "/b": (200, {}, b"prices"),
        "/out": (302, {"Location": "https://elsewhere.example/b"}, b""),
        "/plain": (302, {"Location": "http://elsewhere.example/b"}, b""),
        "/round": (302, {"Location": "/round"}, b""),
    }
    with serving(answers) as (base, _):
        assert download(f"{base}/a") == b"prices"
        with pytest.raises(UpstreamError, match=r"redirected to another host, elsewhere\.example"):
            download(f"{base}/out")
        with pytest.raises(UsageError, match="only https addresses are fetched"):
            download(f"{base}/plain")
        with pytest.raises(UpstreamError, match="redirected more than 5 times"):
            download(f"{base}/round")


def test_an_error_and_a_body_too_large_are_refused():
    with serving({"/a": (503, {}, b"later"), "/b": (200, {}, b"x" * 2_000_000)}) as (base, _):
        with pytest.raises(UpstreamError, match=r"/a: the server answered 503"):
            download(f"{base}/a")
        with pytest.raises(UpstreamError, match=r"/b: larger than 1 MiB"):
            download(f"{base}/b", limit=1024 * 1024)


def test_nobody_listening_is_said_with_a_way_out():
    with serving({}) as (base, _):
        pass
    with pytest.raises(UpstreamError) as caught:
        download(f"{base}/a")
    assert caught.value.hint == "download the file yourself and name it with --from"


@pytest.mark.parametrize("url", ["http://example.com/a", "ftp://example.com/a", "file:///etc/passwd", "https://", "x"])
def test_only_https_leaves_this_machine(url):
    with pytest.raises(UsageError, match="only https addresses are fetched"):
        download(url)
