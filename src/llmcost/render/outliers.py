"""Findings of waste as text for people, as JSON, Markdown and, through the findings of checks, SARIF."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Literal, get_args

from llmcost.domain.finding import Finding as CheckFinding
from llmcost.domain.finding import Findings, Place, Rule
from llmcost.domain.printable import printable
from llmcost.domain.text import plural
from llmcost.outliers.finding import Audit, Finding, Value
from llmcost.outliers.registry import known_detectors
from llmcost.render.drawing import wrapped
from llmcost.render.json import dumped
from llmcost.render.markdown import escape
from llmcost.render.numbers import human, money, plain
from llmcost.render.sarif import sarif
from llmcost.render.surface import Surface

OutliersFormat = Literal["table", "json", "markdown", "sarif"]
OUTLIERS_FORMATS: tuple[OutliersFormat, ...] = get_args(OutliersFormat)
_PIPED, _WIDEST = 100, 110
_INDENT = "   "


def render_audit(
    audit: Audit, format_name: OutliersFormat, surface: Surface, *, ledger: str, currency: str, detail: bool, sql: bool
) -> str:
    """The audit in that format, ending in a line break; `detail` and `sql` say how much people are told of each finding."""
    match format_name:
        case "json":
            return f"{dumped(_json(audit, currency))}\n"
        case "markdown":
            return _markdown(audit, currency)
        case "sarif":
            return sarif(_as_checks(audit, ledger, currency), surface)
        case _:
            return _text(audit, surface, currency, detail=detail, sql=sql)


def amount_range(low: Decimal, high: Decimal, currency: str) -> str:
    """Such as `$1.20 to $3.40`, or one amount where both are the same."""
    first, last = money(low, currency), money(high, currency)
    return first if first == last else f"{first} to {last}"


def summary(audit: Audit, currency: str) -> list[str]:
    """What was looked at, and what it comes to: sentences."""
    if audit.since is None or audit.until is None:
        return ["No requests in this period."]
    low, mid, high = audit.net_total
    share = f", {human(mid / audit.cost, 'percent', currency)} of it" if audit.cost else ""
    days = f"{audit.since:%Y-%m-%d} to {audit.until:%Y-%m-%d} UTC"
    requests = plural(audit.requests, "request")
    looked = f"{requests} of unknown cost" if audit.unpriced and not audit.cost else None
    lines = [f"Looked at {looked or f'{money(audit.cost, currency)} of spend: {requests}'}, {days}."]
    if not audit.findings:
        return [*lines, f"Nothing found by {plural(len(audit.clean), 'detector')}."]
    found = plural(len(audit.findings), "finding")
    if any(one.savings for one in audit.findings):
        saved = f"would have saved about {money(mid, currency)}{share} ({amount_range(low, high, currency)})"
        lines.append(f"{found}; acting on all of them {saved}, overlaps taken out.")
    else:
        lines.append(f"{found}; none of them claims a saving.")
    return lines


def scope_text(one: Finding) -> str:
    """Such as `feature=chat, model=gpt-4o`."""
    return ", ".join(f"{name}={printable(value) if value is not None else '(none)'}" for name, value in one.scope)


def _text(audit: Audit, surface: Surface, currency: str, *, detail: bool, sql: bool) -> str:
    columns = min(surface.width or _PIPED, _WIDEST)
    lines = [part for line in summary(audit, currency) for part in wrapped(line, columns)]
    for number, one in enumerate(audit.findings, start=1):
        lines += ["", *_block(number, one, audit, currency=currency, columns=columns, surface=surface, detail=detail)]
        if sql:
            lines += ["", *_sql(one)]
    lines.append("")
    for line in _closing(audit, detail=detail):
        lines += wrapped(line, columns, "  ")
    return "\n".join(lines).rstrip() + "\n"


def _block(
    number: int, one: Finding, audit: Audit, *, currency: str, columns: int, surface: Surface, detail: bool
) -> Iterator[str]:
    title = f"{number}. {one.detector}"
    saved = (
        "no saving claimed" if one.savings is None else f"saves about {_saves(one.savings.mid, one, audit, currency)}"
    )
    gap = max(2, columns - len(title) - len(saved))
    bold, plain_again = ("\x1b[1m", "\x1b[0m") if surface.color else ("", "")
    yield f"{bold}{title}{plain_again}{' ' * gap}{saved}"
    indented = columns - len(_INDENT)

    def said(label: str, text: str) -> Iterator[str]:
        for line in wrapped(f"{label}{text}", indented, " " * len(label)):
            yield f"{_INDENT}{line}"

    yield from said("", f"{printable(one.headline)}.")
    ranged = "" if one.savings is None else f"; saving {amount_range(one.savings.low, one.savings.high, currency)}"
    yield from said("", f"{_cost(one, currency)} in {plural(one.requests, 'request')}{ranged}; {_how_sure(one)}.")
    if one.scope:
        yield from said("Where: ", scope_text(one))
    yield from said("Next:  ", printable(one.todo))
    if detail:
        if one.savings is not None:
            yield from said("How:   ", printable(one.savings.formula))
        for caveat in one.caveats:
            yield from said("But:   ", printable(caveat))
        yield from said(
            "Facts: ", "; ".join(f"{name} {_human(value, currency)}" for name, value in one.evidence.items())
        )
        # Commands are not folded, so that they can be copied.
        yield f"{_INDENT}Check: {printable(one.verify)}"
    yield from said("Id:    ", one.id)


def _saves(mid: Decimal, one: Finding, audit: Audit, currency: str) -> str:
    """The middle estimate, and what is left of it where others save on the same requests."""
    net = audit.net.get(one.id, mid)
    less = f" ({money(net, currency)} after the others)" if net < mid * Decimal("0.995") else ""
    return f"{money(mid, currency)}{less}"


def _sql(one: Finding) -> list[str]:
    import textwrap

    text = textwrap.dedent(one.query.sql).strip("\n")
    values = [f"-- ${name} = {value!r}" for name, value in one.query.values.items()]
    return [f"{_INDENT}{printable(line)}".rstrip() for line in (*text.split("\n"), *values)]


def _closing(audit: Audit, *, detail: bool) -> Iterator[str]:
    if audit.clean:
        yield f"Looked and found nothing: {', '.join(audit.clean)}."
    for reason, names in _reasons(audit).items():
        yield f"Not evaluated: {', '.join(names)}: {printable(reason)}."
    if audit.unpriced:
        yield f"{plural(audit.unpriced, 'request')} without a price: what they cost is in no amount above."
    if audit.stale:
        verb = "was" if audit.stale == 1 else "were"
        yield (
            f"{plural(audit.stale, 'request')} {verb} rated at other prices than the list has now and cannot be priced "
            "otherwise: see `llmcost db reprice`."
        )
    if audit.hidden:
        yield f"{plural(audit.hidden, 'finding')} not shown: below --min-savings or dismissed."
    if audit.findings:
        yield "Measured was paid for and is gone; what-if takes another way of working, and proof that it will do."
    if audit.findings and not detail:
        yield "`--detail` tells how each saving comes about, when it is no waste, and how to check; `--show-sql` the query."


def _reasons(audit: Audit) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in audit.not_evaluated:
        found.setdefault(one.reason, []).append(one.detector)
    return found


def _cost(one: Finding, currency: str) -> str:
    return "unknown cost" if one.cost is None else money(one.cost, currency)


def _how_sure(one: Finding) -> str:
    basis = "measured" if one.basis == "measured" else "what-if"
    return f"{basis}, {one.confidence} confidence"


def _human(value: Value, currency: str) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}" if -1 <= value <= 1 and value.as_tuple().exponent == -4 else money(value, currency)
    if isinstance(value, int):
        return f"{value:,}"
    return printable(str(value))


def _json(audit: Audit, currency: str) -> dict[str, Any]:
    low, mid, high = audit.net_total
    return {
        "schema": "llmcost/outliers/1",
        "window": _window(audit.since, audit.until),
        "currency": currency,
        "requests": audit.requests,
        "unpriced_requests": audit.unpriced,
        "rated_otherwise_requests": audit.stale,
        "cost": None if audit.known_cost is None else plain(audit.known_cost),
        "net_savings": {"low": plain(low), "mid": plain(mid), "high": plain(high)},
        "findings": [_finding_json(one, audit) for one in audit.findings],
        "not_evaluated": [{"detector": one.detector, "reason": one.reason} for one in audit.not_evaluated],
        "clean": list(audit.clean),
        "hidden": audit.hidden,
    }


def _finding_json(one: Finding, audit: Audit) -> dict[str, Any]:
    saved = one.savings
    return {
        "id": one.id,
        "detector": one.detector,
        "scope": dict(one.scope),
        "window": _window(one.since, one.until),
        "headline": one.headline,
        "evidence": {name: _machine(value) for name, value in one.evidence.items()},
        "requests": one.requests,
        "cost": None if one.cost is None else plain(one.cost),
        "savings": None
        if saved is None
        else {"low": plain(saved.low), "mid": plain(saved.mid), "high": plain(saved.high)},
        "net_savings": None if saved is None else plain(audit.net.get(one.id, saved.mid)),
        "formula": None if saved is None else saved.formula,
        "confidence": one.confidence,
        "basis": one.basis,
        "caveats": list(one.caveats),
        "todo": one.todo,
        "verify": one.verify,
    }


def _window(since: Any, until: Any) -> dict[str, str | None]:
    return {
        name: None if value is None else f"{value.isoformat()}Z" for name, value in (("since", since), ("until", until))
    }


def _machine(value: Value) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    return round(value, 6) if isinstance(value, float) else value


def _markdown(audit: Audit, currency: str) -> str:
    parts = ["\n".join(f"- {escape(line)}" for line in summary(audit, currency))]
    if audit.findings:
        rows = [("Finding", "What", "Cost", "Saves", "Range", "Sure"), (":---", ":---", "---:", "---:", ":---", ":---")]
        rows += [
            (
                escape(one.id),
                f"{escape(printable(one.headline))}. *{escape(printable(one.todo))}*",
                _cost(one, currency),
                "none claimed" if one.savings is None else _saves(one.savings.mid, one, audit, currency),
                "" if one.savings is None else amount_range(one.savings.low, one.savings.high, currency),
                _how_sure(one),
            )
            for one in audit.findings
        ]
        parts.append("\n".join(f"| {' | '.join(row)} |" for row in rows))
    closing = [f"- {escape(line)}" for line in _closing(audit, detail=True)]
    return "\n\n".join([*parts, *(["\n".join(closing)] if closing else [])]) + "\n"


def _as_checks(audit: Audit, ledger: str, currency: str) -> Findings:
    """A ledger has no lines: every finding stands at its start."""
    place = Place(file=ledger, line=1, column=1, end_line=1, end_column=1)
    return Findings(
        findings=tuple(
            CheckFinding(
                code=one.detector,
                name=one.detector,
                severity="info" if one.savings is None else "warning",
                confidence="proved"
                if one.confidence == "high"
                else "needs-data"
                if one.confidence == "medium"
                else "maybe",
                place=place,
                message=f"{one.headline} ({_cost(one, currency)} in {plural(one.requests, 'request')})",
                help=one.todo,
                fingerprint=one.id,
            )
            for one in audit.findings
        ),
        rules=tuple(
            Rule(code=name, name=name, severity="warning", confidence="needs-data", title=one.title, text=one.title)
            for name, one in known_detectors().items()
        ),
        checked=(ledger,),
    )
