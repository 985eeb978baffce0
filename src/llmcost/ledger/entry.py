"""One entry of a list in llmcost.yaml, conditions on the ledger included: every complaint names the line."""

from collections.abc import Mapping
from typing import Any

from llmcost.config.settings import Settings
from llmcost.config.yaml import Document, Key
from llmcost.domain.errors import ConfigError, UsageError
from llmcost.ledger.filters import Condition, parse_condition
from llmcost.ledger.patterns import check_patterns


class Entry:
    """What budgets, alert rules and rules of allocation have in common."""

    def __init__(
        self, settings: Settings, document: Document, path: tuple[Key, ...], values: Mapping[str, Any]
    ) -> None:
        self.settings = settings
        self.document = document
        self.path = path
        self.values = values

    def error(self, message: str, key: str, *rest: Key, hint: str | None = None) -> ConfigError:
        """A complaint about the value of a key."""
        return self.document.error(message, *self.path, key, *rest, hint=hint)

    def text(self, key: str) -> str | None:
        """A text that is not blank; None without the key."""
        value = self.values.get(key)
        if value is None or (isinstance(value, str) and value.strip()):
            return value
        raise self.error("expected text", key)

    def items(self, key: str) -> list[Any]:
        """A list; a single value stands for a list of one."""
        value = self.values.get(key)
        if value is None:
            return []
        return value if isinstance(value, list) else [value]

    def names(self, key: str, what: str = "the name of a dimension or a tag") -> tuple[str, ...]:
        """Texts that are not blank, each once."""
        items = self.items(key)
        for place, item in enumerate(items):
            if not isinstance(item, str) or not item.strip():
                raise self.error(f"expected {what}", key, place)
        return tuple(dict.fromkeys(items))

    def where(self) -> list[tuple[str, Condition]]:
        """The conditions under `where`, as they were written and as they are meant."""
        found = []
        for place, item in enumerate(self.items("where")):
            if not isinstance(item, str):
                raise self.error("expected a condition", "where", place, hint="such as customer_id=acme")
            try:
                condition = parse_condition(item)
                if condition.operator == "~":
                    check_patterns(value or "" for value in condition.values)
            except UsageError as error:
                raise self.error(error.message.replace("--where ", ""), "where", place, hint=error.hint) from error
            found.append((item.strip(), condition))
        return found
