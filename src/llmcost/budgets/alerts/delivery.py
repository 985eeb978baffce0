"""Telling channels of alerts: each breach once, again when it grows or comes back, and not by two runs at a time.

What is to be told is claimed in the ledger, told while the ledger is free for others, and then noted as told. What could not
be delivered is told at the next run.
"""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from llmcost.budgets.alerts.channels import Channel
from llmcost.budgets.alerts.judgement import Alert, AlertCheck
from llmcost.domain.errors import DataError, UpstreamError
from llmcost.ledger import alert_state
from llmcost.ledger.alert_state import Breach, Telling
from llmcost.ledger.database import reading, writing
from llmcost.ledger.failures import InUseError
from llmcost.ledger.migrations import transaction

_SOON = 2.0
"""Seconds for which a busy ledger keeps the next channel waiting."""
Payload = Mapping[str, Any]
"""JSON for a webhook; for mail its `subject` and `text`."""
Writer = Callable[[Channel, Sequence[Alert], AlertCheck], Payload]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one channel was told, or would be."""

    channel: Channel
    alerts: tuple[Alert, ...]
    payload: Payload
    failure: str | None = None
    """Why it was not delivered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What became of the alerts of one check."""

    told: tuple[Told, ...]
    """Only channels with something new."""
    known: int
    """Alerts that every channel of theirs was told of before."""
    dry: bool
    unnoted: DataError | None = None
    """Why the ledger does not know what was told."""


def preview(
    db: Path, check: AlertCheck, channels: Sequence[Channel], write: Writer, now: datetime, *, wait: float = 5
) -> Delivery:
    """What would be told now; nothing is sent and nothing noted."""
    with reading(db, wait=wait) as ledger:
        new = alert_state.untold(ledger, _wanted(check, channels), _naive(now))
    return _delivery(check, channels, write, new, dry=True)


def deliver(
    db: Path,
    check: AlertCheck,
    channels: Sequence[Channel],
    write: Writer,
    now: datetime,
    *,
    wait: float = 30,
    environ: Mapping[str, str] = os.environ,
    post: Callable[..., None] | None = None,
    mail: Callable[..., None] | None = None,
) -> Delivery:
    """Tell every channel what it does not know yet. ConfigError before anything is sent when a secret is missing.

    Each is noted as soon as it was told; while somebody else has the ledger, the other channels are told first.
    """
    secrets = {channel.name: {one: one.value(environ) for one in channel.secrets} for channel in channels}
    at = _naive(now)
    with writing(db, wait=wait) as ledger, transaction(ledger):
        _forget(ledger, check)
        new = alert_state.untold(ledger, _wanted(check, channels), at)
        alert_state.claim(ledger, new, at)
    planned = _delivery(check, channels, write, new, dry=False)
    told = []
    unsettled: list[tuple[list[Telling], bool]] = []
    unnoted: DataError | None = None
    for one in planned.told:
        mine = [telling for telling in new if telling.channel == one.channel.name]
        failure: str | None = "interrupted"
        try:
            failure = _send(one, secrets[one.channel.name], post, mail)
        finally:
            unsettled.append((mine, failure is None))
            with suppress(InUseError):
                _settle(db, unsettled, check, wait=_SOON)
        told.append(Told(channel=one.channel, alerts=one.alerts, payload=one.payload, failure=failure))
    try:
        _settle(db, unsettled, check, wait=alert_state.ABANDONED.total_seconds())
    except InUseError as error:
        unnoted = error
    return Delivery(told=tuple(told), known=planned.known, dry=False, unnoted=unnoted)


def breach_of(alert: Alert) -> Breach:
    """What tells this breach from another."""
    return Breach(
        rule=alert.rule.name,
        subject=json.dumps(alert.values, ensure_ascii=False),
        window_start=alert.span.start,
    )


def mail_of(channel: Channel, payload: Payload) -> EmailMessage:
    """The message behind a mail's payload."""
    message = EmailMessage()
    message["From"] = channel.sender
    message["To"] = ", ".join(channel.recipients)
    message["Subject"] = payload["subject"]
    message.set_content(payload["text"])
    return message


def _wanted(check: AlertCheck, channels: Sequence[Channel]) -> list[Telling]:
    return [
        Telling(breach=breach_of(alert), channel=channel.name, level=alert.level)
        for alert in check.firing
        for channel in channels
        if alert.rule.to is None or channel.name in alert.rule.to
    ]


def _delivery(
    check: AlertCheck, channels: Sequence[Channel], write: Writer, new: Sequence[Telling], *, dry: bool
) -> Delivery:
    fresh = {(one.breach, one.channel) for one in new}
    told = []
    for channel in channels:
        alerts = tuple(alert for alert in check.firing if (breach_of(alert), channel.name) in fresh)
        if alerts:
            told.append(Told(channel=channel, alerts=alerts, payload=write(channel, alerts, check)))
    breaches = {breach for breach, _ in fresh}
    known = sum(breach_of(alert) not in breaches for alert in check.firing)
    return Delivery(told=tuple(told), known=known, dry=dry)


def _forget(ledger: Any, check: AlertCheck) -> None:
    """A breach is over where its rule was judged in full, but for what is new, and does not fire for it."""
    judged = {one.rule.name for one in check.rules if one.reason is None or one.new}
    alert_state.forget(ledger, judged, {breach_of(alert) for alert in check.firing}, _naive(check.now))


def _settle(db: Path, unsettled: list[tuple[list[Telling], bool]], check: AlertCheck, *, wait: float) -> None:
    """Note what became of tellings, and take them from the list."""
    if not unsettled:
        return
    with writing(db, wait=wait) as ledger, transaction(ledger):
        for tellings, delivered in unsettled:
            alert_state.settle(ledger, tellings, _naive(check.now), delivered=delivered)
    unsettled.clear()


def _send(
    told: Told,
    secrets: Mapping[Any, str],
    post: Callable[..., None] | None,
    mail: Callable[..., None] | None,
) -> str | None:
    """None, or why it was not delivered."""
    from llmcost.domain.errors import UsageError
    from llmcost.net.mail import MailServer, send
    from llmcost.net.posting import post_json

    channel = told.channel
    try:
        if channel.type == "email":
            server = MailServer(
                host=channel.host,
                port=channel.port,
                security=channel.security,
                user=None if channel.user is None else secrets[channel.user],
                password=None if channel.password is None else secrets[channel.password],
            )
            (mail or send)(server, mail_of(channel, told.payload))
        elif channel.url is not None:
            body = json.dumps(told.payload, ensure_ascii=False).encode()
            headers = {name: secrets[secret] for name, secret in channel.headers.items()}
            (post or post_json)(secrets[channel.url], body, headers=headers)
    except (UpstreamError, UsageError) as error:
        return error.message
    return None


def _naive(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(tzinfo=None)
