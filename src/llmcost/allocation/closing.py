"""Closing a period: what it came to is stored and not computed again."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from llmcost.allocation import spans, storing
from llmcost.allocation.policy import Policy
from llmcost.allocation.record import Allocation
from llmcost.domain.errors import DataError, UsageError
from llmcost.domain.exact import total
from llmcost.domain.fx import Rates
from llmcost.domain.period import Period
from llmcost.ledger import closings, locks
from llmcost.ledger.closings import StoredClosing

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

_LOCK = "chargeback "


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """One closed period, or one that was reopened."""

    by: str
    label: str
    since: datetime
    until: datetime
    """UTC, exclusive."""
    closed_at: datetime
    note: str | None
    hash: str
    reopened_at: datetime | None
    reopen_note: str | None
    allocation: Allocation
    policy: Policy
    rates: Rates

    @property
    def period(self) -> Period:
        """What it closes."""
        return Period(since=self.since, until=self.until)


def every_closing(connection: "Connection") -> tuple[Closing, ...]:
    """All of them, by dimension and period; DataError for one that was changed after it was closed."""
    return tuple(_checked(one) for one in closings.closings(connection))


def in_force(connection: "Connection", by: str) -> tuple[Closing, ...]:
    """The closed periods of a dimension, the earliest first.

    DataError where one was closed twice, at different amounts: in two ledgers that were merged.
    """
    found = _closed(connection, by)
    for one, following in pairwise(found):
        if following.since < one.until:
            raise DataError(
                f"{following.label} by {by} was closed twice, at different amounts: {stated(one):f} and {stated(following):f}",
                hint=f"open it with `llmcost chargeback reopen --by {by} --period {following.label}`, which opens both",
            )
    return found


def _closed(connection: "Connection", by: str) -> tuple[Closing, ...]:
    """Those in force, the same one once."""
    stored = [one for one in closings.closings(connection) if one.dimension == by and one.reopened_at is None]
    found = map(_checked, stored)
    return tuple({(one.since, one.until, one.hash): one for one in found}.values())


def check_can_close(found: tuple[Closing, ...], by: str, period: Period, label: str, now: datetime) -> None:
    """UsageError unless the period is over and follows the last one that is closed."""
    since, until = spans.bounds(period)
    if until > now:
        raise UsageError(f"{label} is not over", hint="close it once it is; `llmcost showback` shows it until then")
    if any((one.since, one.until) == (since, until) for one in found):
        raise UsageError(
            f"{label} is closed already, by {by}", hint=f"see it with `llmcost chargeback --by {by} --period {label}`"
        )
    if found and found[-1].until != since:
        last = found[-1]
        message = f"{label} does not follow {last.label}, the last period closed by {by}"
        raise UsageError(message, hint="close the periods between them first, or reopen what is closed")


def close(
    connection: "Connection", allocation: Allocation, policy: Policy, rates: Rates, *, now: datetime, note: str | None
) -> Closing:
    """Store the allocation, and lock the prices of everything before its end. The transaction is the caller's."""
    found = in_force(connection, allocation.by)
    content = storing.packed(
        storing.Content(allocation=allocation, policy=policy, rates=rates, previous=found[-1].hash if found else None)
    )
    stored = StoredClosing(
        dimension=allocation.by,
        label=allocation.label,
        since=_naive(datetime.fromisoformat(allocation.since)),
        until=_naive(datetime.fromisoformat(allocation.until)),
        closed_at=_naive(now),
        note=note,
        content=content,
        content_hash=storing.hash_of(content),
        reopened_at=None,
        reopen_note=None,
    )
    closings.add(connection, stored)
    locks.add(connection, stored.until, f"{_LOCK}{allocation.label}", stored.closed_at)
    return _checked(stored)


def reopen(
    connection: "Connection", by: str, period: Period, label: str, *, now: datetime, note: str | None
) -> Closing:
    """Open the period closed last again, and lift the lock its closing made unless another closing needs it.

    UsageError for any other: a later one was computed on top of it.
    """
    found = _closed(connection, by)
    wanted = next((one for one in found if (one.since, one.until) == spans.bounds(period)), None)
    if wanted is None:
        known = f"closed by {by}: {', '.join(one.label for one in found)}" if found else f"nothing is closed by {by}"
        raise UsageError(f"{label} is not closed", hint=known)
    if wanted.until != found[-1].until:
        raise UsageError(
            f"{label} cannot be opened while {found[-1].label} is closed: its statements rest on it",
            hint=f"reopen {found[-1].label} first, or leave both: what changed is in the next statement",
        )
    stored = next(
        one
        for one in closings.closings(connection)
        if one.dimension == by and one.since == _naive(wanted.since) and one.reopened_at is None
    )
    closings.reopen(connection, stored, _naive(now), note)
    others = [one for one in closings.closings(connection) if one.until == stored.until and one.reopened_at is None]
    for lock in locks.locks(connection):
        ours = lock.note is not None and lock.note.startswith(_LOCK)
        if lock.until == stored.until and lock.cleared_at is None and ours and not others:
            locks.clear(connection, lock.until, _naive(now))
    return wanted


def stated(closing: Closing) -> Decimal:
    """What its statements come to."""
    return total(line.amount for line in closing.allocation.lines)


def _checked(stored: StoredClosing) -> Closing:
    if storing.hash_of(stored.content) != stored.content_hash:
        raise DataError(
            f"the chargeback of {stored.label} by {stored.dimension} was changed after it was closed",
            hint="restore the ledger from a copy; its statements cannot be trusted",
        )
    content = storing.unpacked(stored.content, f"chargeback of {stored.label}")
    return Closing(
        by=stored.dimension,
        label=stored.label,
        since=stored.since.replace(tzinfo=UTC),
        until=stored.until.replace(tzinfo=UTC),
        closed_at=stored.closed_at.replace(tzinfo=UTC),
        note=stored.note,
        hash=stored.content_hash,
        reopened_at=None if stored.reopened_at is None else stored.reopened_at.replace(tzinfo=UTC),
        reopen_note=stored.reopen_note,
        allocation=content.allocation,
        policy=content.policy,
        rates=content.rates,
    )


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
