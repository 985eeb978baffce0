"""Alerts from the log to the channel: told once, told again when it grows or comes back, and no secret anywhere."""

import json
import re
import socketserver
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

SECRET = "verysecretpath0123"  # noqa: S105  an example


class Hook(BaseHTTPRequestHandler):
    """Keeps what it is sent, and answers with the status it was given."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, json.loads(body), self.headers.get("Authorization")))
        self.server.meanwhile()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.path)))
        self.end_headers()
        self.wfile.write(self.path.encode())

    def log_message(self, *_):
        pass


class Sink(socketserver.StreamRequestHandler):
    """As much of SMTP as it takes to be handed a message."""

    def handle(self):
        self.wfile.write(b"220 sink\r\n")
        while line := self.rfile.readline():
            if line.upper().startswith(b"DATA"):
                self.wfile.write(b"354 go on\r\n")
                lines = []
                while (text := self.rfile.readline()) != b".\r\n":
                    lines.append(text)
                self.server.got.append(b"".join(lines).decode())
            self.wfile.write(b"221 bye\r\n" if line.upper().startswith(b"QUIT") else b"250 ok\r\n")


@contextmanager
def running(server):
    server.got, server.status, server.meanwhile = [], 200, lambda: None
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def hook():
    with running(ThreadingHTTPServer(("127.0.0.1", 0), Hook)) as server:
        yield server


@pytest.fixture
def sink():
    with running(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Sink)) as server:
        yield server


@pytest.fixture
def spend(tmp_path, cli):
    """Log dollars at a time: 10 million input tokens of gpt-4o-mini cost $1.50."""
    made = iter(range(1000))

    def put(timestamp, units, **values):
        log = tmp_path / f"log-{next(made)}.jsonl"
        line = {
            "timestamp": timestamp,
            "request_id": f"req-{log.name}-8c2f",
            "provider": "openai",
            "model": "gpt-4o-mini",
        }
        log.write_text(json.dumps({**line, "input_tokens": units * 10_000_000, "output_tokens": 0, **values}))
        assert cli("ingest", log, "--source", "llmcost").code == 0
        log.unlink()

    return put


@pytest.fixture
def check(tmp_path, cli, hook):
    """`alerts check` at an instant, with the address of the hook in the environment."""

    def run(now, *arguments, config=None, env=None):
        if config is not None:
            (tmp_path / "llmcost.yaml").write_text(config)
        secrets = {"HOOK_URL": f"http://127.0.0.1:{hook.server_port}/{SECRET}", "HOOK_TOKEN": f"Bearer {SECRET}"}
        found = cli("alerts", "check", *arguments, env={**secrets, "LLMCOST_NOW": now, **(env or {})})
        assert SECRET not in found.stdout + found.stderr
        return found

    (tmp_path / "llmcost.yaml").write_text(
        """\
alerts: [{rule: daily-spend, above: "3"}]
channels: {ops: {type: webhook, url: "${HOOK_URL}", headers: {Authorization: "${HOOK_TOKEN}"}}}
"""
    )
    return run


def test_a_breach_is_told_once_and_again_when_it_grows_and_on_another_day(spend, check, hook):
    spend("2026-11-03T08:00:00Z", 2)
    first = check("2026-11-03T09:00:00Z")
    again = check("2026-11-03T10:00:00Z")

    assert (first.code, again.code) == (1, 1)
    assert "ops (webhook): 1 alert delivered" in first.stdout
    assert "1 alert told before, not again" in again.stdout
    ((path, body, token),) = hook.got
    assert (path, token) == (f"/{SECRET}", f"Bearer {SECRET}")
    assert body["schema"] == "llmcost/alert/1"
    assert body["alerts"][0]["message"] == "daily-spend: cost $3.00 today, above $3.00 (1 request)"

    spend("2026-11-03T10:30:00Z", 2)
    check("2026-11-03T11:00:00Z")
    check("2026-11-03T12:00:00Z")
    assert [body["alerts"][0]["level"] for _, body, _ in hook.got] == [1, 2]

    spend("2026-11-04T08:00:00Z", 2)
    check("2026-11-04T09:00:00Z")
    check("2026-11-04T10:00:00Z")
    assert len(hook.got) == 3


@pytest.mark.slow
def test_a_breach_that_came_back_is_told_again(tmp_path, spend, check, hook):
    config = tmp_path / "llmcost.yaml"
    config.write_text(config.read_text().replace('above: "3"', 'above: "3", window: 24h'))
    spend("2026-11-03T08:00:00Z", 2)
    check("2026-11-03T09:00:00Z")
    check("2026-11-03T10:00:00Z")
    assert check("2026-11-04T09:00:00Z").code == 0
    spend("2026-11-04T10:00:00Z", 2)
    check("2026-11-04T11:00:00Z")

    assert len(hook.got) == 2


@pytest.mark.parametrize("window", ["day", "24h"])
@pytest.mark.slow
def test_a_look_at_the_past_does_not_end_a_breach_of_today(tmp_path, spend, check, hook, window):
    config = tmp_path / "llmcost.yaml"
    config.write_text(config.read_text().replace('above: "3"', f'above: "3", window: {window}'))
    spend("2026-11-03T08:00:00Z", 1)
    spend("2026-11-13T08:00:00Z", 2)
    check("2026-11-13T09:00:00Z")
    quiet = check("2026-11-13T10:00:00Z", "--as-of", "2026-11-03T12:00:00Z", "--fail-on", "never")
    again = check("2026-11-13T11:00:00Z")

    assert "delivered" not in quiet.stdout
    assert "1 alert told before, not again" in again.stdout
    assert len(hook.got) == 1


def test_what_could_not_be_delivered_is_tried_at_the_next_run(spend, check, hook):
    spend("2026-11-03T08:00:00Z", 2)
    hook.status = 403
    failed = check("2026-11-03T09:00:00Z", "--fail-on", "never")
    hook.status = 200
    delivered = check("2026-11-03T10:00:00Z", "--fail-on", "never")

    assert (failed.code, delivered.code) == (4, 0)
    assert re.search(
        r"ops \(webhook\): 1 alert NOT delivered: 127\.0\.0\.1:\d+: the server answered 403: \*\*\*\n", failed.stdout
    )
    assert "1 alert delivered" in delivered.stdout
    assert len(hook.got) == 2


@pytest.mark.slow
def test_a_ledger_that_somebody_else_has_keeps_no_channel_waiting_and_nothing_is_told_twice(
    tmp_path, spend, check, hook
):
    """It is taken while the first channel is told, and set free while the second is."""
    holding = "import sys, duckdb; held = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    holders = []

    def meanwhile():
        if holders:
            holders[0].communicate()
            return
        command = [sys.executable, "-c", holding, str(tmp_path / "llmcost.duckdb")]
        holders.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
        assert holders[0].stdout.readline() == b"held\n"

    config = """\
alerts: [{rule: daily-spend, above: "3"}]
channels:
  first: {type: webhook, url: "${HOOK_URL}"}
  second: {type: webhook, url: "${HOOK_URL}"}
"""
    spend("2026-11-03T08:00:00Z", 2)
    hook.meanwhile = meanwhile
    found = check("2026-11-03T09:00:00Z", config=config)
    later = check("2026-11-03T09:20:00Z", config=config)

    assert (found.code, found.stdout.count("1 alert delivered")) == (1, 2)
    assert "1 alert told before, not again" in later.stdout
    assert len(hook.got) == 2


def test_a_dry_run_shows_the_payload_and_sends_and_notes_nothing(tmp_path, spend, cli, hook, check):
    spend("2026-11-03T08:00:00Z", 2)
    document = json.loads(
        cli("alerts", "check", "--as-of", "2026-11-03T09:00Z", "--dry-run", "--format", "json").stdout
    )

    assert hook.got == []
    (delivery,) = document["deliveries"]
    assert (delivery["status"], delivery["address"]) == ("dry_run", "${HOOK_URL}")
    check("2026-11-03T09:00:00Z")
    assert hook.got[0][1] == delivery["payload"]


def test_a_secret_that_is_not_set_is_said_before_anything_is_sent(spend, check, cli, hook):
    spend("2026-11-03T08:00:00Z", 2)
    found = cli("alerts", "check", "--as-of", "2026-11-03T09:00:00Z")

    assert (found.code, hook.got) == (2, [])
    assert "llmcost.yaml:2:" in found.stderr
    assert "HOOK_URL is not set" in found.stderr


def test_an_address_in_the_file_is_refused_and_not_repeated(tmp_path, check, cli):
    config = tmp_path / "llmcost.yaml"
    config.write_text(config.read_text().replace("${HOOK_URL}", f"https://hooks.example.com/{SECRET}"))
    found = cli("alerts", "list")

    assert found.code == 2
    assert "url must come from the environment" in found.stderr
    assert SECRET not in found.stderr


def test_slack_teams_and_mail_get_names_that_mean_nothing_to_them(tmp_path, spend, check, hook, sink):
    (tmp_path / "llmcost.yaml").write_text(
        f"""\
alerts: [{{rule: user-daily-spend, above: "3"}}]
channels:
  slack: {{type: slack, url: "${{HOOK_URL}}"}}
  teams: {{type: teams, url: "${{HOOK_URL}}"}}
  mail: {{type: email, host: 127.0.0.1, port: {sink.server_address[1]}, security: none, from: a@example.com, to: [b@example.com]}}
"""
    )
    spend("2026-11-03T08:00:00Z", 2, user_id="<!channel> *x* [a](http://b)\r\nBcc: c@example.com")
    found = check("2026-11-03T09:00:00Z")
    assert found.stdout.count("1 alert delivered") == 3
    (_, slack, _), (_, teams, _) = hook.got
    (mail,) = sink.got

    assert "<" not in slack["text"]
    assert {block["text"]["type"] for block in slack["blocks"] if "text" in block} == {"plain_text"}
    card = teams["attachments"][0]["content"]
    assert (card["type"], teams["attachments"][0]["contentType"]) == (
        "AdaptiveCard",
        "application/vnd.microsoft.card.adaptive",
    )
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    assert "Subject: llmcost: 1 alert: user-daily-spend" in mail
    assert "\nBcc:" not in mail


def test_without_channels_alerts_are_shown(tmp_path, spend, cli):
    spend("2026-11-03T08:00:00Z", 2)
    (tmp_path / "llmcost.yaml").write_text('alerts: [{rule: daily-spend, above: "3"}, {rule: rate-limit}]')
    found = cli("alerts", "check", "--as-of", "2026-11-03T09:00:00Z")

    assert found.code == 1
    assert found.stdout == (
        "Firing\n"
        "  daily-spend: cost $3.00 today, above $3.00 (1 request)\n"
        "\n"
        "Not evaluated\n"
        "  rate-limit: it has no limits: add `limit:`\n"
        "\n"
        "2 rules: 1 firing, 1 not evaluated. As of 2026-11-03 09:00 UTC.\n"
    )
    assert cli("alerts", "check", "--as-of", "2026-11-03T09:00:00Z", "--fail-on", "escalated").code == 0
    assert cli("alerts", "check", "--as-of", "2026-11-09", "--fail-on", "never").code == 3


def test_the_rules_in_force_are_listed(cli):
    found = cli("alerts", "list")

    assert found.code == 0
    assert "latency p95 above 5.00 s in the last 24h" in found.stdout
    document = json.loads(cli("alerts", "list", "--format", "json").stdout)
    assert document["rules"][0]["name"] == "daily-spend"


@pytest.mark.parametrize(
    ("unsendable", "said"),
    [
        ({"BAD_TOKEN": f"Bearer abc\n{SECRET}"}, "the header Authorization holds characters that cannot be sent"),
        ({"BAD_TOKEN": f"Bearer tökén {SECRET}"}, "the header Authorization holds characters that cannot be sent"),
        ({"BAD_URL": f"https://localhost/a\tb/{SECRET}"}, "the address cannot be posted to as it is written"),
    ],
)
def test_a_secret_that_cannot_be_sent_is_not_shown_and_keeps_no_channel_waiting(spend, check, hook, unsendable, said):
    config = """\
alerts: [{rule: daily-spend, above: "3"}]
channels:
  first: {type: webhook, url: "${BAD_URL}", headers: {Authorization: "${BAD_TOKEN}"}}
  second: {type: webhook, url: "${HOOK_URL}"}
"""
    spend("2026-11-03T08:00:00Z", 2)
    address = f"http://127.0.0.1:{hook.server_port}/"
    found = check("2026-11-03T09:00:00Z", config=config, env={"BAD_URL": address, "BAD_TOKEN": "x", **unsendable})

    assert found.code == 1
    assert re.search(rf"first \(webhook\): 1 alert NOT delivered: [a-z0-9.:]+: {said}\n", found.stdout)
    assert "second (webhook): 1 alert delivered" in found.stdout
    assert len(hook.got) == 1
