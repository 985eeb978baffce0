"""What the cost APIs of OpenAI and Anthropic share: pages of buckets of results."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from llmcost.domain.bill_words import day_of
from llmcost.reconcile.bill import Bill
from llmcost.reconcile.invoice import Unused


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One charge and the bucket of time it is in."""

    place: str
    bucket: dict[str, Any]
    charge: dict[str, Any]


def results(bill: Bill) -> Iterator[Result | Unused]:
    """Every result of every page; what is not shaped so is unused. The last page must not announce another."""
    for place, page in bill.pages:
        buckets = page.get("data") if isinstance(page, dict) else None
        if not isinstance(buckets, list):
            yield Unused(place=place, reason="not a page of buckets", amount=None)
            continue
        for position, bucket in enumerate(buckets):
            found = bucket.get("results") if isinstance(bucket, dict) else None
            if not isinstance(found, list):
                yield Unused(place=f"{place} data[{position}]", reason="not a bucket of results", amount=None)
                continue
            for index, charge in enumerate(found):
                where = f"{place} data[{position}].results[{index}]"
                if isinstance(charge, dict):
                    yield Result(place=where, bucket=bucket, charge=charge)
                else:
                    yield Unused(place=where, reason="not a result", amount=None)
    last = bill.pages[-1][1] if bill.pages else None
    if isinstance(last, dict) and last.get("has_more") is True:
        reason = "the API announced another page, which is not here"
        yield Unused(place=bill.pages[-1][0], reason=reason, amount=None, awaits=_end(bill))


def starts(bill: Bill) -> frozenset[date]:
    """The days that buckets of its pages begin on."""
    days = (_day(bucket.get("start_time") or bucket.get("starting_at")) for bucket in buckets(bill))
    return frozenset(day for day in days if day is not None)


def _end(bill: Bill) -> date | None:
    """The day that the last bucket ends on, with which the next page begins."""
    found = buckets(bill)
    return _day(found[-1].get("end_time") or found[-1].get("ending_at")) if found else None


def _day(time: object) -> date | None:
    try:
        return day_of(time)
    except (ValueError, OverflowError, OSError):
        return None


def buckets(bill: Bill) -> list[dict[str, Any]]:
    """The buckets of every page, for recognising a bill."""
    return [
        bucket
        for _, page in bill.pages
        if isinstance(page, dict) and isinstance(page.get("data"), list)
        for bucket in page["data"]
        if isinstance(bucket, dict)
    ]
