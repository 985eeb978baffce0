"""The ways in which APIs give out many rows: how the first page is asked for, and the next one."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from llmcost.gateways.rows import Rows
from llmcost.net.fetching import Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging(ABC):
    """How pages of one window follow each other, and what their answers say of the whole window."""

    count: str | None = None
    """Where an answer says how many rows the window has. With so many in hand no more are asked for."""
    capped: str | None = None
    """Where it says that there are more rows than it counted."""
    truncated: str | None = None
    """The header by which it says that it left rows out."""
    broken_off: tuple[str, str] | None = None
    """Where an answer says how the search for its rows ended, and the word for one that ran out of time."""

    @abstractmethod
    def first(self, asked: Asked) -> Asked:
        """The request for the first page of what is asked for."""

    @abstractmethod
    def following(self, asked: Asked, page: Rows) -> Asked | None:
        """The request for the page after this one; None when it was the last."""

    def total(self, page: Rows) -> int | None:
        """How many rows the window has; None when the server did not count, or not to the end."""
        found = None if self.count is None else page.at(self.count)
        return found if isinstance(found, int) and not isinstance(found, bool) and not self._is_capped(page) else None

    def too_many(self, page: Rows, headers: Mapping[str, str]) -> bool:
        """Whether the server says that it does not count, or does not give, all that it has."""
        left_out = self.truncated is not None and headers.get(self.truncated, "").lower() == "true"
        return left_out or self._is_capped(page)

    def is_broken_off(self, page: Rows) -> bool:
        """Whether the server gave up before it had all rows of the page."""
        return self.broken_off is not None and page.at(self.broken_off[0]) == self.broken_off[1]

    def too_deep(self, asked: Asked) -> bool:  # noqa: ARG002  as every way
        """Whether a request goes further into the window than the server likes."""
        return False

    def _is_capped(self, page: Rows) -> bool:
        return self.capped is not None and page.at(self.capped) is True


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered(Paging):
    """Pages with numbers, until one is empty: a short one may be followed by another."""

    page: str = "page"
    size: str = "page_size"
    most: int
    """Rows a page can hold."""

    def first(self, asked: Asked) -> Asked:
        """Page one."""
        return put(put(asked, self.page, 1), self.size, self.most)

    def following(self, asked: Asked, page: Rows) -> Asked | None:
        """The next number."""
        return put(asked, self.page, int(taken(asked, self.page)) + 1) if page.texts else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offsets(Paging):
    """Rows after the first so many, until there are none."""

    offset: str = "offset"
    limit: str = "limit"
    most: int
    deepest: int
    """Rows after which it is better to ask for a shorter window."""

    def first(self, asked: Asked) -> Asked:
        """From the first row."""
        return put(put(asked, self.offset, 0), self.limit, self.most)

    def following(self, asked: Asked, page: Rows) -> Asked | None:
        """After those that came."""
        return put(asked, self.offset, int(taken(asked, self.offset)) + len(page.texts)) if page.texts else None

    def too_deep(self, asked: Asked) -> bool:
        """Offsets are slow, and some servers refuse large ones."""
        return int(taken(asked, self.offset)) > self.deepest


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens(Paging):
    """Each answer names the next."""

    request: str
    """Where a request names the page it wants."""
    answer: str
    """Where an answer names the page after it; nothing there ends the window."""
    size: str = "limit"
    most: int

    def first(self, asked: Asked) -> Asked:
        """Without a name."""
        return put(asked, self.size, self.most)

    def following(self, asked: Asked, page: Rows) -> Asked | None:
        """The page that the answer names."""
        found = page.at(self.answer)
        return put(asked, self.request, found) if isinstance(found, str | int) and found != "" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole(Paging):
    """One answer for all of a window."""

    def first(self, asked: Asked) -> Asked:
        """The only request."""
        return asked

    def following(self, asked: Asked, page: Rows) -> Asked | None:  # noqa: ARG002  as every way
        """There is no other."""
        return None


def put(asked: Asked, path: str, value: str | int) -> Asked:
    """The request with a value at a dotted path of its body, or in its query when it has no body."""
    if asked.body is None:
        return replace(asked, query={**asked.query, path: str(value)})
    return replace(asked, body=_with(asked.body, path.split("."), value))


def taken(asked: Asked, path: str) -> str:
    """What `put` put there."""
    if asked.body is None:
        return str(asked.query[path])
    value: Any = asked.body
    for key in path.split("."):
        value = value[key]
    return str(value)


def _with(body: Mapping[str, Any], path: list[str], value: str | int) -> dict[str, Any]:
    if len(path) == 1:
        return {**body, path[0]: value}
    return {**body, path[0]: _with(body.get(path[0]) or {}, path[1:], value)}
