"""Revenue and cost of each plan over usage, as one SVG picture."""

from decimal import Decimal
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
    steps = [most * step / _POINTS for step in range(_POINTS + 1)]
    lines = {
        plan.id: [_bill(result.offer.proposed, plan, result.offer.meter, x, unit) for x in steps] for plan in offered
    }
    lines["cost to serve"] = [x * unit for x in steps]
    top = max([value for values in lines.values() for value in values] + [Decimal(1)])
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
            f'aria-label="Revenue and cost per plan" font-family="sans-serif" font-size="12">'
        ),
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
    ]
    for tick in range(5):
        x, y = _x(most * tick / 4, most), _y(top * tick / 4, top)
        parts.append(f'<path d="M{_LEFT} {y} H{_WIDTH - _RIGHT}" stroke="#d0d7de"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">${top * tick / 4:,.0f}</text>')
        parts.append(
            f'<text x="{x}" y="{_HEIGHT - _BOTTOM + 18}" text-anchor="middle">{_short(most * tick / 4)}</text>'
        )
    parts.append(
        f'<text x="{(_LEFT + _WIDTH - _RIGHT) / 2}" y="{_HEIGHT - 8}" text-anchor="middle">'
        f"{_safe(result.offer.meter)} per month</text>"
    )
    for number, (name, values) in enumerate(lines.items()):
        cost = name == "cost to serve" and number == len(offered)
        colour = "#57606a" if cost else _COLOURS[number % len(_COLOURS)]
        points = " ".join(f"{_x(x, most)},{_y(value, top)}" for x, value in zip(steps, values, strict=True))
        dash = ' stroke-dasharray="5 4"' if cost else ""
        parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2"{dash} points="{points}"/>')
        y = _TOP + 16 * number + 12
        parts.append(f'<path d="M{_WIDTH - _RIGHT + 14} {y - 4} h22" stroke="{colour}" stroke-width="2"{dash}/>')
        parts.append(f'<text x="{_WIDTH - _RIGHT + 42}" y="{y}">{_safe(name)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _bill(file: Plans, plan: Plan, meter: str, quantity: Decimal, unit: Decimal) -> Decimal:
    """The bill for so much of one meter; cost goes with it at its average."""
    usage = {meter: quantity} if meter == "cost" else {meter: quantity, "cost": quantity * unit}
    return invoice(plan, usage, file.rounding).total


def _x(value: Decimal, most: Decimal) -> float:
    return round(_LEFT + float(value / most) * (_WIDTH - _LEFT - _RIGHT), 1)


def _y(value: Decimal, top: Decimal) -> float:
    return round(_HEIGHT - _BOTTOM - float(value / top) * (_HEIGHT - _TOP - _BOTTOM), 1)


def _short(quantity: Decimal) -> str:
    for size, sign in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if quantity >= size:
            return f"{(quantity / size).normalize():.4g}{sign}"
    return f"{quantity:.4g}"


def _safe(text: str) -> str:
    return escape(printable(text))
