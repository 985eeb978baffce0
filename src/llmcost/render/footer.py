"""What stands below a report: which requests, which prices, and what the numbers leave out."""

from datetime import UTC, datetime, time, timedelta, tzinfo
from decimal import Decimal

from llmcost.domain.fx import BASE
from llmcost.domain.period import Period
from llmcost.domain.printable import printable
from llmcost.domain.text import brief, plural
from llmcost.render.numbers import human, money
from llmcost.reports.record import Coverage, Report

_MODELS = 5
_RATES = 6


def footer(report: Report) -> list[str]:
    """One sentence or two a line, what is clean left out."""
    coverage = report.coverage
    lines = [_period(report), _basis(report), *_rates(report)]
    if report.previous is not None:
        lines.append(f"Compared with {span(report.previous, report.zone)}.")
    lines += _unpriced(coverage, report.currency)
    if report.previous_coverage is not None:
        lines += [f"In the period before, {line}" for line in _unpriced(report.previous_coverage, report.currency)]
    if coverage.estimated_requests:
        verb = "has" if coverage.estimated_requests == 1 else "have"
        lines.append(f"{plural(coverage.estimated_requests, 'request')} {verb} an estimated cost.")
    if coverage.assumed_time_requests:
        verb = "has" if coverage.assumed_time_requests == 1 else "have"
        lines.append(f"{plural(coverage.assumed_time_requests, 'request')} {verb} an assumed time.")
    if coverage.unattributed_cost:
        lines.append(f"{money(coverage.unattributed_cost, report.currency)}{_share(report)} has no {_owner(report)}.")
    lines += _long_buckets(coverage, report.currency)
    if report.charges:
        beside = money(report.charges, report.currency)
        lines.append(f"Commitments, idle hours and credits, in no request's cost: {beside} (llmcost chargeback).")
    if coverage.rejected:
        lines.append(f"{plural(coverage.rejected, 'log line')} could not be read.")
    if len(report.rows) < report.row_count:
        lines.append(f"{len(report.rows):,} of {plural(report.row_count, 'row')} shown.")
    return lines


def _share_of(unpriced: int, requests: int) -> str:
    """How many of all; where only passes of other models' calls were asked for, these are not among the requests."""
    return f"{unpriced:,} of {plural(requests, 'request')}" if unpriced <= requests else plural(unpriced, "request")


def _partly(coverage: Coverage) -> str:
    """That the rest of a call is in the sums where only a pass billed apart is not."""
    partly = coverage.partly_unpriced_requests
    if not partly:
        return ""
    if partly == coverage.unpriced_requests:
        return f" Of {_them(partly)} only what is billed apart has no price."
    return f" Of {partly:,} of them only what is billed apart has no price."


def _unpriced(coverage: Coverage, currency: str) -> list[str]:
    """What has no known cost; nothing where all of it has."""
    if coverage.unpriced_buckets:
        return [_unpriced_buckets(coverage, currency)]
    if not coverage.unpriced_requests:
        return []
    verb = "is" if coverage.unpriced_requests == 1 else "are"
    claim = ""
    if coverage.unpriced_reported is not None:
        claim = (
            f" The logs claim {money(coverage.unpriced_reported, currency)} for {_them(coverage.unpriced_requests)}."
        )
    number = _share_of(coverage.unpriced_requests, coverage.requests)
    models = _models(coverage.unpriced_models)
    return [f"{number} {verb} unpriced and in no sum of cost: {models}.{_partly(coverage)}{claim}"]


def _unpriced_buckets(coverage: Coverage, currency: str) -> str:
    verb = "is" if coverage.unpriced_buckets == 1 else "are"
    models = ", ".join(printable(brief(model)) for model, _ in coverage.unpriced_models[:_MODELS])
    rest = len(coverage.unpriced_models) - _MODELS
    more = f", {plural(rest, 'other model')}" if rest > 0 else ""
    requests = f" ({plural(coverage.unpriced_requests, 'request')})" if coverage.unpriced_requests else ""
    claim = ""
    if coverage.unpriced_reported is not None:
        claim = (
            f" The exports claim {money(coverage.unpriced_reported, currency)} for {_them(coverage.unpriced_buckets)}."
        )
    return (
        f"{coverage.unpriced_buckets:,} of {plural(coverage.buckets, 'usage bucket')} {verb} unpriced{requests}"
        f" and in no sum of cost: {models}{more}.{claim}{_stated_in(coverage)}"
    )


def _long_buckets(coverage: Coverage, currency: str) -> list[str]:
    """What is charged for more than a day, and where it counts."""
    lines = []
    if number := coverage.long_buckets:
        verb = "is for more than a day and counts whole" if number == 1 else "are for more than a day and count whole"
        lines.append(
            f"{plural(number, 'usage bucket')} {verb} on the first{_worth(coverage.long_buckets_cost, currency)}."
        )
    if number := coverage.earlier_buckets:
        verb = "begins before and reaches" if number == 1 else "begin before and reach"
        cost = _worth(coverage.earlier_buckets_cost, currency)
        lines.append(f"{plural(number, 'usage bucket')} {verb} into this time, in no number here{cost}.")
    return lines


def _worth(cost: Decimal | None, currency: str) -> str:
    return "" if cost is None else f": {money(cost, currency)}"


def _stated_in(coverage: Coverage) -> str:
    """Which of the unpriced buckets are charges in another currency."""
    if not coverage.unpriced_buckets_in:
        return ""
    if coverage.unpriced_buckets == 1:
        return f" It is stated in {printable(coverage.unpriced_buckets_in[0][0])}."
    counts = (f"{number:,} of them in {printable(currency)}" for currency, number in coverage.unpriced_buckets_in)
    return f" Stated in another currency: {', '.join(counts)}."


def span(period: Period, zone: tzinfo) -> str:
    """A period in words; whole days are named by the first and the last."""
    if period.since is None or period.until is None:
        return "no requests"
    since, until = period.since.astimezone(zone), period.until.astimezone(zone)
    if not (_is_midnight(since) and _is_midnight(until)):
        return f"{since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} {zone}"
    last = until.date() - timedelta(days=1)
    return f"{since.date()} {zone}" if since.date() == last else f"{since.date()} to {last} {zone}"


def _period(report: Report) -> str:
    text = span(report.period, report.zone)
    first, last = report.coverage.first, report.coverage.last
    if first is None or last is None:
        return f"{text[:1].upper()}{text[1:]}."
    first, last = first.astimezone(report.zone), last.astimezone(report.zone)
    what = "usage bucket" if report.basis == "exports" else "request"
    return f"{text}; first {what} {first:%Y-%m-%d %H:%M}, last {last:%Y-%m-%d %H:%M}."


def _is_midnight(instant: datetime) -> bool:
    """Whether a day starts here, also where the clocks skip midnight."""
    start = datetime.combine(instant.date(), time(), tzinfo=instant.tzinfo).astimezone(UTC)
    return start == instant.astimezone(UTC)


def _basis(report: Report) -> str:
    basis = "exports, whose days are UTC days" if report.basis == "exports" else report.basis
    if not report.price_lists:
        return f"Basis: {basis}."
    lists = ", ".join(
        name[:8] if as_of is None else f"{as_of} ({printable(name[:8])})" for name, as_of in report.price_lists
    )
    return f"Basis: {basis}; price list{'' if len(report.price_lists) == 1 else 's'} {lists}."


def _rates(report: Report) -> list[str]:
    """Which rates a report in another currency rests on."""
    if not report.rates:
        return []
    if len(report.rates) <= _RATES:
        used = ", ".join(f"{rate:f} from {day}" for day, rate in report.rates)
    else:
        rates = [rate for _, rate in report.rates]
        used = f"{len(rates)} rates between {min(rates):f} and {max(rates):f}"
    return [f"Converted from {BASE} to {report.currency} at the rate of each request's day: {used}."]


def _models(models: tuple[tuple[str, int], ...]) -> str:
    named = [
        f"{printable(brief(model))} ({requests:,})" if requests else printable(brief(model))
        for model, requests in models[:_MODELS]
    ]
    rest = len(models) - _MODELS
    if rest > 0:
        named.append(f"{plural(rest, 'other model')}")
    return ", ".join(named)


def _share(report: Report) -> str:
    names = [column.name for column in report.columns]
    total = report.totals[names.index("cost")]
    cost = report.coverage.unattributed_cost
    if not isinstance(total, Decimal) or not total or cost is None:
        return ""
    return f" ({human(cost / total, 'percent', report.currency)})"


def _owner(report: Report) -> str:
    """What the cost lacks: the first key, or anybody it could be of."""
    return report.by[0] if report.by else "customer, user, team or business unit"


def _them(number: int) -> str:
    return "it" if number == 1 else "them"
