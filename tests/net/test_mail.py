"""Handing in mail at a real server on this machine."""

import smtplib
import socketserver
import threading
from contextlib import contextmanager
from email.message import EmailMessage

import pytest

from llmcost.domain.errors import UpstreamError, UsageError
from llmcost.net.mail import MailServer, send


class Sink(socketserver.StreamRequestHandler):
    """As much of SMTP (RFC 5321) as it takes to be handed a message; `refusals` answer RCPT first."""

    def handle(self):
        self.say("220 sink")
        while line := self.rfile.readline().decode().strip():
            match line.split()[0].upper():
                case "EHLO":
                    self.say("250 sink")
                case "RCPT" if self.server.refusals:
                    self.say(self.server.refusals.pop(0))
                case "DATA":
                    self.say("354 go on")
                    lines = []
                    while (text := self.rfile.readline().decode()) != ".\r\n":
                        lines.append(text)
                    self.server.messages.append("".join(lines))
                    self.say("250 taken")
                case "QUIT":
                    self.say("221 bye")
                    return
                case _:
                    self.say("250 ok")

    def say(self, text):
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def sink(*refusals):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Sink) as server:
        server.messages, server.refusals = [], list(refusals)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def message():
    found = EmailMessage()
    found["From"], found["To"], found["Subject"] = "llmcost@example.com", "ops@example.com", "1 alert"
    found.set_content("daily-spend: cost $600.00 today\n")
    return found


def at(server, security="none", **values):
    return MailServer(host="127.0.0.1", port=server.server_address[1], security=security, **values)


def test_a_message_arrives_as_it_was_written(message):
    with sink() as server:
        send(at(server), message)
    (text,) = server.messages

    assert "Subject: 1 alert" in text
    assert "daily-spend: cost $600.00 today" in text


def test_a_passing_refusal_is_tried_again(message):
    waits = []
    with sink("451 later") as server:
        send(at(server), message, pause=waits.append)

    assert waits == [1]
    assert len(server.messages) == 1


def test_a_final_refusal_is_told(message):
    with sink("550 no such user") as server, pytest.raises(UpstreamError, match="550 no such user"):
        send(at(server), message, pause=pytest.fail)


def test_a_server_that_cannot_encrypt_gets_neither_password_nor_message(message):
    with sink() as server, pytest.raises(UpstreamError) as failure:
        send(at(server, "starttls", user="me", password="hunter22"), message, pause=pytest.fail)  # noqa: S106  an example

    assert server.messages == []
    assert "STARTTLS" in failure.value.message
    assert "hunter22" not in failure.value.message


def test_what_a_server_says_is_told_without_the_secret(message, monkeypatch):
    def refuse(*_, **__):
        raise smtplib.SMTPAuthenticationError(535, b"bad hunter22 for someone")

    monkeypatch.setattr("llmcost.net.mail._hand_in", refuse)
    server = MailServer(host="h", port=25, security="tls", user="someone", password="hunter22")  # noqa: S106  an example
    with pytest.raises(UpstreamError) as failure:
        send(server, message, pause=pytest.fail)

    assert failure.value.message == "h:25: 535 bad *** for ***"


def test_nobody_at_home_is_an_upstream_failure(message):
    with sink() as server:
        pass
    with pytest.raises(UpstreamError, match="refused"):
        send(at(server), message, pause=lambda _: None)


def test_a_password_that_cannot_be_sent_is_said_and_not_shown(message):
    with sink() as server, pytest.raises(UsageError, match="the user or the password holds characters that") as refusal:
        send(at(server, user="ops", password="secret-tökén"), message, pause=pytest.fail)  # noqa: S106  an example

    assert "secret" not in refusal.value.message
    assert server.messages == []
