"""What a check of tags is. The folder `checks/` is the registry: one module, one `check`; the file name, dashed, is its name."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Literal as OneOf

from llmcost.config.tags import KeyRule, TagRules
from llmcost.domain import rules
from llmcost.domain.finding import Confidence, Place, Rule, Severity
from llmcost.domain.rules import checks_in, rules_of
from llmcost.tags import checks
from llmcost.tags.literals import PythonFile, TagSet
from llmcost.tags.usage import KeyUse, Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What a check says, before the run gives it a severity and a fingerprint."""

    message: str
    key: str | None = None
    """The tag key it is about; in a ledger that is where it stands."""
    about: str = ""
    """What tells it from the others of the same check and key."""
    place: Place | None = None
    """Where a literal stands; None for what a ledger holds."""
    help: str | None = None
    confidence: Confidence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the checks hold tags against."""

    rules: TagRules
    attribution: Mapping[str, tuple[str, ...]]

    def rule(self, key: str) -> KeyRule | None:
        """What the glossary says of a key, or of the dimension the key fills."""
        found = self.rules.glossary.get(key)
        return found or self.rules.glossary.get(self.column(key) or "")

    def column(self, key: str) -> str | None:
        """The dimension a key fills."""
        return next((column for column, keys in self.attribution.items() if key in keys), None)


_IDENTITIES = frozenset(
    {"customer_id", "user_id", "session_id", "api_key_id", "virtual_account", "project", "endpoint", "prompt_version"}
)
_ID_NAMES = ("id", "uuid", "guid", "key", "hash", "sketch", "url", "path", "version", "email", "model")


def is_identity(key: str, known: Known) -> bool:
    """Whether a key's values name single things, as ids do, and follow the rules of whoever hands them out."""
    words = key.lower().replace("-", "_").replace(".", "_").split("_")
    return known.column(key) in _IDENTITIES or key in _IDENTITIES or words[-1] in _ID_NAMES


def _nothing(*_: object) -> tuple[()]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that can be wrong with tags."""

    code: str
    severity: Severity
    confidence: Confidence = "proved"
    of_key: Callable[[KeyUse, Usage, Known], Iterable[Problem]] = field(default=_nothing)
    """Looks at one key of a ledger."""
    of_usage: Callable[[Usage, Known], Iterable[Problem]] = field(default=_nothing)
    """Looks at all tags of a ledger."""
    of_set: Callable[[TagSet, Known], Iterable[Problem]] = field(default=_nothing)
    """Looks at tags that are written in a program."""
    of_file: Callable[[PythonFile, Known], Iterable[Problem]] = field(default=_nothing)
    """Looks at a program's file."""

    def looks_at(self, what: OneOf["ledger", "python"]) -> bool:
        """Whether it has anything to say about ledgers, or about programs."""
        parts = (self.of_key, self.of_usage) if what == "ledger" else (self.of_set, self.of_file)
        return any(part is not _nothing for part in parts)


@cache
def all_checks() -> dict[str, tuple[str, Check]]:
    """Name and check by code, sorted."""
    return checks_in(checks, Check)


@cache
def catalogue() -> tuple[Rule, ...]:
    """Every check as a record, sorted by code."""
    return rules_of(checks, all_checks())


def rule_named(wanted: str) -> Rule:
    """The check with this code or name; UsageError naming the nearest when there is none."""
    return rules.rule_named(catalogue(), wanted, listed_by="llmcost tags rules")
