"""`gate:` in llmcost.yaml: when a build fails, beside its budgets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType

from llmcost.config.reader import Reader
from llmcost.config.yaml import check_keys

_KEYS = (
    "period",
    "unpriced",
    "estimated",
    "unattributed",
    "rejected",
    "stale",
    "cost",
    "increase",
    "increase_amount",
    "crossed",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """When `llmcost check` fails; None is not checked."""

    period: str = "30d"
    """Which requests the shares are taken of, up to now."""
    unpriced: Decimal | None = None
    """Largest share of unpriced requests, 0 to 1."""
    estimated: Decimal | None = None
    """Largest share of cost that is estimated, 0 to 1."""
    unattributed: Mapping[str, Decimal] = field(default_factory=dict)
    """Largest share of cost without a value, 0 to 1, by dimension or tag; the key "" is: without any owner at all."""
    rejected: Decimal | None = None
    """Largest share of lines that could not be read, 0 to 1."""
    stale: timedelta | None = None
    """Longest time since the last request; None for the default."""
    cost: Decimal | None = None
    """Largest cost of `period`, in the reporting currency."""
    increase: Decimal | None = None
    """Largest growth since the baseline, as a share of it."""
    increase_amount: Decimal | None = None
    """Largest growth since the baseline, in the reporting currency."""
    crossed: bool = False
    """Whether a budget crossed since the baseline fails, and one that was crossed before only warns."""

    @property
    def compares(self) -> bool:
        """Whether anything needs the baseline."""
        return self.increase is not None or self.increase_amount is not None or self.crossed


def read_gate(reader: Reader) -> Gate:
    """The section `gate:` of llmcost.yaml."""
    if reader.at("gate") is None:
        return Gate()
    check_keys(reader.document, ("gate",), _KEYS)
    return Gate(
        period=reader.period("gate", "period") or "30d",
        unpriced=reader.share("gate", "unpriced"),
        estimated=reader.share("gate", "estimated"),
        unattributed=_unattributed(reader),
        rejected=reader.share("gate", "rejected"),
        stale=reader.duration("gate", "stale"),
        cost=reader.amount("gate", "cost"),
        increase=reader.share("gate", "increase", most=None),
        increase_amount=reader.amount("gate", "increase_amount"),
        crossed=reader.flag("gate", "crossed"),
    )


def _unattributed(reader: Reader) -> Mapping[str, Decimal]:
    """One share for every owner, or a share by dimension."""
    value = reader.at("gate", "unattributed")
    if not isinstance(value, dict):
        share = reader.share("gate", "unattributed")
        return MappingProxyType({} if share is None else {"": share})
    shares = {key: reader.share("gate", "unattributed", key) for key in value}
    return MappingProxyType({key: share for key, share in shares.items() if share is not None})
