"""Sending one message over SMTP: encrypted unless told otherwise, with time limits, tried again after a passing failure."""

import smtplib
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Literal

from llmcost.domain.errors import UpstreamError, UsageError
from llmcost.net.redaction import redacted

ATTEMPTS = 3
SECONDS = 15.0
_PASSING = range(400, 500)
"""Replies that ask for another try: RFC 5321, section 4.2.1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where to hand mail in."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    user: str | None = None
    password: str | None = None


def send(
    server: MailServer, message: EmailMessage, *, attempts: int = ATTEMPTS, pause: Callable[[float], None] = time.sleep
) -> None:
    """Hand in a message; without any secret, UpstreamError when the server does not take it, UsageError when a login cannot be."""
    secrets = [one for one in (server.user, server.password) if one]
    if not all(one.isascii() for one in secrets):
        # smtplib writes a login in ASCII, and its error quotes what it cannot write.
        raise UsageError(
            f"{server.host}:{server.port}: the user or the password holds characters that cannot be sent",
            hint="copy it again",
        )
    reason = ""
    for attempt in range(1, attempts + 1):
        try:
            _hand_in(server, message)
        except smtplib.SMTPRecipientsRefused as error:
            reasons = [f"{code} {_text(text)}" for code, text in error.recipients.values()]
            reason = reasons[0]
            if not all(code in _PASSING for code, _ in error.recipients.values()):
                break
        except smtplib.SMTPResponseException as error:
            reason = f"{error.smtp_code} {_text(error.smtp_error)}"
            if error.smtp_code not in _PASSING:
                break
        except (OSError, smtplib.SMTPException) as error:
            reason = str(error) or type(error).__name__
            if isinstance(error, ssl.SSLError | smtplib.SMTPNotSupportedError):
                break
        else:
            return
        if attempt < attempts:
            pause(float(2 ** (attempt - 1)))
    raise UpstreamError(f"{server.host}:{server.port}: {redacted(reason, secrets)}")


def _hand_in(server: MailServer, message: EmailMessage) -> None:
    if server.security == "tls":
        session: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, timeout=SECONDS, context=ssl.create_default_context()
        )
    else:
        session = smtplib.SMTP(server.host, server.port, timeout=SECONDS)
    with session:
        if server.security == "starttls":
            session.starttls(context=ssl.create_default_context())
        if server.user and server.password:
            session.login(server.user, server.password)
        session.send_message(message)


def _text(reply: bytes | str) -> str:
    return reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
