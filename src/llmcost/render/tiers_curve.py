"""Revenue and cost of each plan over usage, as one SVG picture; a plan ends at its limit."""

from decimal import ROUND_CEILING, Decimal
from html import escape

from llmcost.domain.printable import printable
from llmcost.tiers.invoice import invoice
from llmcost.tiers.plan import Plan, Plans
from llmcost.tiers.simulation import Simulation

_COLOURS = ("#1f6feb", "#2da44e", "#bf8700", "#8250df", "#cf222e", "#0a7b83")
_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BOTTOM = 760, 400, 80, 24, 170, 48
_POINTS = 160


def curves(result: Simulation) -> str:
    """What each plan charges for a month's usage of the simulation's meter, and what that usage costs on average to serve."""
    offered = result.offer.offered
    usage = sum((one.usage for one in result.customers), Decimal(0))
    unit = result.new.cost / usage if usage else Decimal(0)
    months = max((one.customer_months for one in result.plans), default=1) or 1
    sizes = [size for plan in offered for size in plan.covers.values()]
    most = max([*(size * Decimal("1.25") for size in sizes), usage / months, Decimal(1)])
    meter = result.offer.meter
    steps = [most * step / _POINTS for step in range(_POINTS + 1)]
    lines: list[tuple[str, list[Decimal], list[Decimal]]] = []
    for plan in offered:
        reached = _reached(steps, plan.limits.get(meter))
        lines.append((plan.id, reached, [_bill(result.offer.proposed, plan, meter, x, unit) for x in reached]))
    lines.append(("cost to serve", steps, [x * unit for x in steps]))
    dearest = max([value for _, _, values in lines for value in values] + [Decimal(1)])
    rise = _step(dearest)
    top = (dearest / rise).to_integral_value(rounding=ROUND_CEILING) * rise
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
            f'aria-label="Revenue and cost per plan" font-family="sans-serif" font-size="12">'
        ),
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
    ]
    for amount in _ticks(rise, top):
        y = _y(amount, top)
        parts.append(f'<path d="M{_LEFT} {y} H{_WIDTH - _RIGHT}" stroke="#d0d7de"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">${_plain(amount)}</text>')
    for quantity in _ticks(_step(most), most):
        x, y = _x(quantity, most), _HEIGHT - _BOTTOM + 18
        parts.append(f'<text x="{x}" y="{y}" text-anchor="middle">{_short(quantity)}</text>')
    parts.append(
        f'<text x="{(_LEFT + _WIDTH - _RIGHT) / 2}" y="{_HEIGHT - 8}" text-anchor="middle">'
        f"{_safe(meter)} per month</text>"
    )
    for number, (name, reached, values) in enumerate(lines):
        cost = number == len(offered)
        colour = "#57606a" if cost else _COLOURS[number % len(_COLOURS)]
        points = [(_x(x, most), _y(value, top)) for x, value in zip(reached, values, strict=True)]
        dash = ' stroke-dasharray="5 4"' if cost else ""
        path = " ".join(f"{x},{y}" for x, y in points)
        parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2"{dash} points="{path}"/>')
        if reached[-1] != most:
            parts.append(f'<circle cx="{points[-1][0]}" cy="{points[-1][1]}" r="4" fill="{colour}"/>')
        y = _TOP + 16 * number + 12
        parts.append(f'<path d="M{_WIDTH - _RIGHT + 14} {y - 4} h22" stroke="{colour}" stroke-width="2"{dash}/>')
        parts.append(f'<text x="{_WIDTH - _RIGHT + 42}" y="{y}">{_safe(name)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _bill(file: Plans, plan: Plan, meter: str, quantity: Decimal, unit: Decimal) -> Decimal:
    """The bill for so much of one meter; cost goes with it at its average."""
    usage = {meter: quantity} if meter == "cost" else {meter: quantity, "cost": quantity * unit}
    return invoice(plan, usage, file.rounding).total


def _reached(steps: list[Decimal], limit: Decimal | None) -> list[Decimal]:
    """As far as the gateway lets a customer of the plan go."""
    return steps if limit is None or limit >= steps[-1] else [*(x for x in steps if x < limit), limit]


def _step(most: Decimal) -> Decimal:
    """A round distance of which there are some four up to an amount."""
    power = Decimal(1).scaleb((most / 4).adjusted())
    return next(step for step in (power, 2 * power, power * Decimal("2.5"), 5 * power, 10 * power) if step * 4 >= most)


def _ticks(step: Decimal, most: Decimal) -> list[Decimal]:
    return [step * number for number in range(int(most / step) + 1)]


def _x(value: Decimal, most: Decimal) -> float:
    return round(_LEFT + float(value / most) * (_WIDTH - _LEFT - _RIGHT), 1)


def _y(value: Decimal, top: Decimal) -> float:
    return round(_HEIGHT - _BOTTOM - float(value / top) * (_HEIGHT - _TOP - _BOTTOM), 1)


def _short(quantity: Decimal) -> str:
    for size, sign in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if quantity >= size:
            return f"{_plain(quantity / size)}{sign}"
    return _plain(quantity)


def _plain(number: Decimal) -> str:
    return f"{number.normalize():,f}"


def _safe(text: str) -> str:
    return escape(printable(text))
