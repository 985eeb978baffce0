"""`llmcost ingest --listen` as a process: told what to listen on, fed, and stopped."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys

import pytest
from tests.ingest.otlp.conftest import request, span


@pytest.mark.slow
def test_a_receiver_ends_with_a_summary_when_it_is_told_to_stop(tmp_path, clean_environment):
    command = [sys.executable, "-m", "llmcost", "ingest", "--listen", "127.0.0.1:0", "--db", "ledger"]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        env={**os.environ, **clean_environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    note = process.stderr.readline()
    port = re.fullmatch(r"note: listening on http://127\.0\.0\.1:(\d+)/v1/traces; Ctrl-C stops\n", note)
    assert port is not None, note + process.stderr.read()
    connection = http.client.HTTPConnection("127.0.0.1", int(port[1]), timeout=20)
    connection.request("POST", "/v1/traces", json.dumps(request(span(1))), {"Content-Type": "application/json"})
    assert connection.getresponse().status == 200
    connection.close()
    process.send_signal(signal.SIGTERM)
    stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (0, "")
    lines = stdout.splitlines()
    assert lines[:2] == ["1 file, 1 line: 1 new request, 0 known", "  read  otlp:127.0.0.1:0  otel-genai 1"]
    assert "cost      $0.00021" in lines
    assert {path.name for path in tmp_path.iterdir()} == {"home", "ledger"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("logs/",), "--listen takes nothing but what is sent to it"),
        (("--source", "otel-genai"), "--listen takes nothing but what is sent to it"),
        (("--from", "litellm"), "--listen takes nothing but what is sent to it"),
    ],
)
def test_listening_goes_with_nothing_else(cli, arguments, said):
    found = cli("ingest", "--listen", ":0", *arguments)
    assert found.code == 2
    assert said in found.stderr


def test_an_address_that_is_none(cli):
    found = cli("ingest", "--listen", "here")
    assert found.code == 2
    assert "--listen 'here' is no address" in found.stderr
