"""An entry of llmcost.yaml about some requests of a stretch of time: what budgets and alert rules have in common."""

from typing import ClassVar

from llmcost.config.yaml import Key
from llmcost.ledger.dimensions import GRAINS, dimension_names
from llmcost.ledger.entry import Entry
from llmcost.ledger.filters import Condition
from llmcost.ledger.metrics import metric_names


class ScopedEntry(Entry):
    """Conditions and dimensions whose names may be tags of a ledger to come, and no spans of time or metrics."""

    subject: ClassVar[str]
    """What the entry is, with its article."""
    span: ClassVar[str]
    """The key that says when."""

    def where(self) -> list[tuple[str, Condition]]:
        """The conditions under `where`, as they were written and as they are meant."""
        found = super().where()
        for place, (_, condition) in enumerate(found):
            self.check_name(condition.key, "where", place)
        return found

    def per(self) -> tuple[str, ...]:
        """The dimensions and tags under `per`."""
        found = self.names("per")
        for name in found:
            self.check_name(name, "per", self.items("per").index(name))
        return found

    def check_name(self, name: str, *path: Key) -> None:
        """ConfigError for a span of time or a metric."""
        if name in GRAINS:
            raise self.document.error(
                f"{self.subject} cannot be about {name}",
                *self.path,
                *path,
                hint=f"its {self.span} says when; name a dimension or a tag",
            )
        if name in metric_names() and name not in dimension_names():
            raise self.document.error(
                f"{name!r} is a metric, not a dimension", *self.path, *path, hint="name a dimension or a tag"
            )
