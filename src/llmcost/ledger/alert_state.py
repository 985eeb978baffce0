"""Which alerts were told where: kept in the ledger, claimed before they are told so that two runs do not both tell them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

ABANDONED = timedelta(minutes=10)
"""A claim older than this is of a process that died."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """What tells one breach from another."""

    rule: str
    subject: str
    """JSON: the values of the rule's dimensions."""
    window_start: datetime | None
    """Naive UTC; None where the window has no beginning of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """One breach at one level, for one channel."""

    breach: Breach
    channel: str
    level: int
    """From 1 on."""


def untold(connection: "Connection", wanted: Iterable[Telling], now: datetime) -> list[Telling]:
    """Those that were not told at their level or above, and that no other process is telling; `now` is naive UTC."""
    rows = connection.execute(
        "select rule, subject, window_start, channel, level, claimed_level, claimed_at from alert_state"
    ).fetchall()
    reached: dict[tuple[Breach, str], int] = {}
    for rule, subject, window_start, channel, level, claimed_level, claimed_at in rows:
        busy = claimed_level is not None and claimed_at > now - ABANDONED
        reached[Breach(rule=rule, subject=subject, window_start=window_start), channel] = max(
            level, claimed_level if busy else 0
        )
    return [one for one in wanted if one.level > reached.get((one.breach, one.channel), 0)]


def claim(connection: "Connection", tellings: Iterable[Telling], now: datetime) -> None:
    """Note that these are being told."""
    for one in tellings:
        parameters = {**_key(one), "level": one.level, "now": now}
        found = connection.execute(
            f"update alert_state set claimed_level = $level, claimed_at = $now where {_WHERE} returning level",
            parameters,
        ).fetchall()
        if not found:
            connection.execute(
                """
                insert into alert_state (rule, subject, window_start, channel, level, claimed_level, claimed_at)
                values ($rule, $subject, $window_start, $channel, 0, $level, $now)
                """,
                parameters,
            )


def settle(connection: "Connection", tellings: Iterable[Telling], as_of: datetime, *, delivered: bool) -> None:
    """Note what became of claims; `as_of`, naive UTC, is the time for which the breaches were judged."""
    for one in tellings:
        if delivered:
            connection.execute(
                f"""
                update alert_state
                set level = $level, claimed_level = null, claimed_at = null, delivered_at = $as_of
                where {_WHERE}
                """,
                {**_key(one), "level": one.level, "as_of": as_of},
            )
        else:
            connection.execute(
                f"update alert_state set claimed_level = null, claimed_at = null where {_WHERE}", _key(one)
            )


def forget(connection: "Connection", rules: Collection[str], firing: Collection[Breach], as_of: datetime) -> int:
    """Forget what is over: breaches of rules that were judged and that fire no more. Returns how many.

    What was told of a later time than the rules were judged for, naive UTC, cannot be over by then.
    """
    rows = connection.execute(
        """
        select rule, subject, window_start from alert_state
        group by all having max(delivered_at) is null or max(delivered_at) <= $as_of
        """,
        {"as_of": as_of},
    ).fetchall()
    over = [
        breach
        for rule, subject, window_start in rows
        if rule in rules and (breach := Breach(rule=rule, subject=subject, window_start=window_start)) not in firing
    ]
    for breach in over:
        connection.execute(
            """
            delete from alert_state
            where rule = $rule and subject = $subject and window_start is not distinct from $window_start
            """,
            {"rule": breach.rule, "subject": breach.subject, "window_start": breach.window_start},
        )
    return len(over)


_WHERE = """
    rule = $rule and subject = $subject and window_start is not distinct from $window_start and channel = $channel
"""


def _key(one: Telling) -> dict[str, object]:
    return {
        "rule": one.breach.rule,
        "subject": one.breach.subject,
        "window_start": one.breach.window_start,
        "channel": one.channel,
    }
