"""The `tags:` section of llmcost.yaml: which tags there should be, what they mean and which values they take."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

from llmcost.config.reader import Reader
from llmcost.config.yaml import Document, Key, check_keys

_KEYS = ("glossary", "files", "ignore", "stale_after", "max_values")
_RULE_KEYS = ("description", "required", "values", "pattern", "owner", "max_values", "ignore")
_PERCENT = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*%")
_DAYS = re.compile(r"(?P<number>\d{1,4})\s*(?P<unit>[dw])")
_CODE = re.compile(r"TG\d{0,3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRule:
    """What the glossary says of one key."""

    key: str
    description: str | None = None
    required: Decimal = Decimal(0)
    """Least share of requests that must carry it, 0 to 1."""
    values: tuple[str, ...] = ()
    """All it may be; none: anything."""
    pattern: str | None = None
    """What its values look like: a regular expression that matches the whole of them."""
    owner: str | None = None
    max_values: int | None = None
    """Most distinct values; None for the limit of all keys."""
    ignore: tuple[str, ...] = ()
    """Checks that do not look at it, as codes or their beginnings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TagRules:
    """What llmcost.yaml says of tags, completed with the defaults."""

    given: bool = False
    """Whether the file has the section."""
    glossary: Mapping[str, KeyRule] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    """Python files and folders of them whose tag literals are looked at."""
    ignore: tuple[str, ...] = ()
    """Checks that do not run, as codes or their beginnings."""
    stale_after: timedelta = timedelta(days=30)
    """A key or value not met for so long is outdated."""
    max_values: int = 1000
    """Most distinct values of a key."""


def read_tags(document: Document, folder: Path) -> TagRules:
    """The section `tags` of a document; ConfigError with the place of what is wrong in it."""
    if not isinstance(document.value, dict) or document.value.get("tags") is None:
        return TagRules()
    return _Reader(document, folder).rules()


class _Reader(Reader):
    """Texts as they are written: the value of a tag may look like a number."""

    def rules(self) -> TagRules:
        section = self.mapping("tags")
        check_keys(self.document, ("tags",), _KEYS)
        glossary = {str(key): self._rule(str(key), key) for key in self.mapping("tags", "glossary")}
        return TagRules(
            given=True,
            glossary=MappingProxyType(glossary),
            files=tuple(self.folder / text for text in self._texts("tags", "files")),
            ignore=self._codes("tags", "ignore"),
            stale_after=self._days("tags", "stale_after") if "stale_after" in section else TagRules().stale_after,
            max_values=self._count("tags", "max_values") or TagRules().max_values,
        )

    def _rule(self, name: str, key: Key) -> KeyRule:
        path: tuple[Key, ...] = ("tags", "glossary", key)
        value = self.at(*path)
        if value is None:
            return KeyRule(key=name)
        if isinstance(value, str):
            return KeyRule(key=name, description=value)
        self.mapping(*path)
        check_keys(self.document, path, _RULE_KEYS)
        return KeyRule(
            key=name,
            description=self._text(*path, "description"),
            required=self._required(*path, "required"),
            values=self._texts(*path, "values"),
            pattern=self._pattern(*path, "pattern"),
            owner=self._text(*path, "owner"),
            max_values=self._count(*path, "max_values"),
            ignore=self._codes(*path, "ignore"),
        )

    def _required(self, *path: Key) -> Decimal:
        value = self.at(*path)
        if value is None or isinstance(value, bool):
            return Decimal(1) if value else Decimal(0)
        found = _PERCENT.fullmatch(value) if isinstance(value, str) else None
        if found is None or Decimal(found["number"]) > 100:
            raise self.document.error("expected true, false or a percentage", *path, hint="write it as true or 95%")
        return Decimal(found["number"]) / 100

    def _pattern(self, *path: Key) -> str | None:
        text = self._text(*path)
        if text is not None:
            try:
                re.compile(text)
            except re.error as error:
                raise self.document.error(f"{text!r} is no regular expression: {error}", *path) from None
        return text

    def _codes(self, *path: Key) -> tuple[str, ...]:
        codes = tuple(text.upper() for text in self._texts(*path))
        for place, code in enumerate(codes):
            if not _CODE.fullmatch(code):
                where = (*path, place) if isinstance(self.at(*path), list) else path
                raise self.document.error(
                    f"{code!r} is no code of a check", *where, hint="`llmcost tags rules` lists them"
                )
        return codes

    def _days(self, *path: Key) -> timedelta:
        value = self.at(*path)
        found = _DAYS.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            raise self.document.error("expected a number of days or weeks", *path, hint="write it as 30d or 6w")
        return timedelta(days=int(found["number"]) * (7 if found["unit"] == "w" else 1))

    def _count(self, *path: Key) -> int | None:
        value = self.at(*path)
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and value > 0):
            return value
        raise self.document.error("expected a whole number above 0", *path)

    def _text(self, *path: Key) -> str | None:
        value = self.at(*path)
        if value is None:
            return None
        if isinstance(value, (dict, list)):
            raise self.document.error("expected text", *path)
        return self.document.written(*path) or None

    def _texts(self, *path: Key) -> tuple[str, ...]:
        """A list of texts, as they are written; one text stands for a list of one."""
        value = self.at(*path)
        if value is None:
            return ()
        if isinstance(value, dict):
            raise self.document.error("expected a list", *path)
        if not isinstance(value, list):
            return (self._text(*path) or "",)
        return tuple(self._text(*path, place) or "" for place in range(len(value)))
