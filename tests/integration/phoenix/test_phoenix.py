"""A real Arize Phoenix and our receiver get the same spans; what Phoenix keeps and what it thinks it costs, against ours."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.ingesting import query, read

import llmcost

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]
VENV = Path(os.environ.get("PHOENIX_VENV", ROOT / ".venv-phoenix"))
EXPORTER = Path(__file__).parent / "export_spans.py"
CALLS = 60
ODD, EVEN = sum(range(1, 61, 2)), sum(range(2, 61, 2))
# Per word: GPT-4o mini 60 x 0.15 + 40 x 0.075 + 10 x 0.60, Sonnet 4.5 100 x 3 + 10 x 15, in millionths.
COST = (ODD * Decimal(18) + EVEN * Decimal(450)) / 1_000_000


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def ask(port: int, path: str, body: object = None) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        content = None if body is None else json.dumps(body)
        connection.request("GET" if body is None else "POST", path, content, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text[:1] in b"{[" else None
    finally:
        connection.close()


@contextlib.contextmanager
def running(command, port, *, environment, log, path="/", seconds=300):
    """A server, once it answers at all."""
    with log.open("wb") as said:
        process = subprocess.Popen(command, env=environment, stdout=said, stderr=said)
        try:
            end = time.monotonic() + seconds
            while True:
                assert process.poll() is None, log.read_text(errors="replace")[-3000:]
                assert time.monotonic() < end
                with contextlib.suppress(OSError, http.client.HTTPException):
                    ask(port, path)
                    break
                time.sleep(0.3)
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


@pytest.fixture(scope="module")
def phoenix(tmp_path_factory):
    """The port of a Phoenix with an empty database."""
    if not (VENV / "bin" / "phoenix").exists():
        pytest.skip("Phoenix is not here: `make test-phoenix` installs it into .venv-phoenix")
    folder, port = tmp_path_factory.mktemp("phoenix"), free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PHOENIX_WORKING_DIR": str(folder),
        "PHOENIX_HOST": "127.0.0.1",
        "PHOENIX_PORT": str(port),
        "PHOENIX_GRPC_PORT": str(free_port()),
        "PHOENIX_TELEMETRY_ENABLED": "false",
    }
    with running([VENV / "bin" / "phoenix", "serve"], port, environment=environment, log=folder / "log"):
        yield port


@pytest.fixture(scope="module")
def sent(phoenix, tmp_path_factory):
    """The ledger of a receiver that was sent the same spans as Phoenix."""
    folder, port = tmp_path_factory.mktemp("receiver"), free_port()
    environment = {**os.environ, "PYTHONPATH": str(Path(llmcost.__file__).parents[1])}
    command = [sys.executable, "-m", "llmcost", "ingest", "--listen", f":{port}", "--db", str(folder / "ledger")]
    with running(command, port, environment=environment, log=folder / "log"):
        addresses = [f"http://127.0.0.1:{one}" for one in (phoenix, port)]
        subprocess.run([VENV / "bin" / "python", EXPORTER, *addresses], check=True)
    return folder / "ledger"


def spans_of(port: int) -> list[list[dict[str, object]]]:
    """Every page of the spans that Phoenix gives out."""
    pages, cursor = [], ""
    while True:
        status, answer = ask(port, f"/v1/projects/default/spans?limit=25{cursor}")
        assert status == 200
        pages.append(answer["data"])
        if not answer["next_cursor"]:
            return pages
        cursor = f"&cursor={answer['next_cursor']}"


def complete(port: int) -> list[list[dict[str, object]]]:
    """The same, once Phoenix has written them all."""
    end = time.monotonic() + 120
    while True:
        pages = spans_of(port)
        if sum(map(len, pages)) == 2 * CALLS:
            return pages
        assert time.monotonic() < end, sum(map(len, pages))
        time.sleep(0.5)


def picture(ledger: Path) -> list[tuple[object, ...]]:
    """What must be the same whichever way the spans came."""
    return query(
        ledger,
        "select request_id, provider, model, uncached_input_tokens, cache_read_tokens, output_text_tokens, cost, user_id, "
        "feature, parent_id from request order by request_id",
    )


def test_the_receiver_counts_each_call_once(sent):
    assert query(sent, "select count(*), sum(cost) from request") == [(CALLS, COST)]


def test_what_phoenix_gives_out_is_what_was_sent(phoenix, sent, tmp_path):
    pages = complete(phoenix)
    for number, page in enumerate(pages):
        (tmp_path / f"{number}.json").write_text(json.dumps({"data": page, "next_cursor": None}))
    whole = tmp_path / "whole.json"
    whole.write_text(json.dumps([span for page in pages for span in page]))
    read(tmp_path / "ledger", whole)
    assert picture(tmp_path / "ledger") == picture(sent)
    # Phoenix rounds nanoseconds, we cut them off.
    begun = "select epoch_us(started_at) from request order by request_id"
    pairs = zip(query(tmp_path / "ledger", begun), query(sent, begun), strict=True)
    assert {theirs - ours for (theirs,), (ours,) in pairs} <= {0, 1}
    # The same calls again, page by page, and in what the receiver already has.
    read(tmp_path / "ledger", *(tmp_path / f"{number}.json" for number in range(len(pages))))
    assert query(tmp_path / "ledger", "select count(*), sum(cost) from request") == [(CALLS, COST)]
    assert read(sent, whole).total("new") == 0


def test_phoenix_comes_to_the_same_cost(phoenix, sent):
    complete(phoenix)
    # Its own price list; agents repeat usage and are not priced. Costs are worked out a moment after the spans are written.
    asked = "{projects{edges{node{costSummary{total{cost tokens}}}}}}"
    wanted, found = float(COST), 0.0
    end = time.monotonic() + 60
    while abs(found - wanted) > 1e-9 and time.monotonic() < end:
        time.sleep(0.5)
        status, answer = ask(phoenix, "/graphql", {"query": asked})
        assert status == 200
        found = answer["data"]["projects"]["edges"][0]["node"]["costSummary"]["total"]["cost"] or 0.0
    assert found == pytest.approx(wanted, abs=1e-9)


def test_pulling_from_phoenix_brings_what_was_sent_however_often(phoenix, sent, tmp_path):
    complete(phoenix)
    environment = {**os.environ, "PYTHONPATH": str(Path(llmcost.__file__).parents[1])}
    address = f"http://127.0.0.1:{phoenix}"
    command = [sys.executable, "-m", "llmcost", "ingest", "--from", "phoenix", "--url", address, "--format", "json"]
    command += ["--db", str(tmp_path / "ledger"), "--quiet", "--again"]
    for new in (CALLS, 0):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        (file,) = json.loads(done.stdout)["files"]
        assert (file["path"], file["status"], file["new"]) == (f"phoenix {address} (default)", "read", new)

    assert picture(tmp_path / "ledger") == picture(sent)
