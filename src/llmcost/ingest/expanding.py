"""From the records of a file to those that are mapped: pages of API answers and sequences taken apart."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from llmcost.ingest.reader import Item, Reject, hash_of, json_text
from llmcost.ingest.source import Record, Source, Stray

Claimed = Callable[[Sequence[Record]], Sequence[bool]]
"""Tells of each record whether some source knows it as it is."""

_HELD_AT_ONCE = 1000
"""Records that are held while it is asked which of them are pages, which takes as long for one as for many; ten inside a page
weigh as much as one."""
_PAGE_MARKS = frozenset(
    (
        *("total", "page", "pagination", "has_more", "total_pages", "next_page", "meta"),
        *("result_info", "searchedLogStreams", "nextToken", "nextForwardToken"),
    )
)
"""Keys that say a list beside them is a page of an answer: Cloudflare's and CloudWatch's among them."""


def expand(
    items: Iterable[Item], sources: Mapping[str, Source], lineage: Mapping[str, str], claimed: Claimed
) -> Iterator[Item]:
    """Take containers and sequences apart, and records that bill several passes."""
    streams = [(name, source) for name, source in sources.items() if source.recognises_stream and source.stream]
    waiting: dict[int, list[tuple[int, Record]]] = {}
    for position, item in enumerate(_without_pages(items, claimed), 1):
        if not isinstance(item, tuple):
            yield item
            continue
        line, record = item
        owner = next(
            (n for n, (_, s) in enumerate(streams) if s.recognises_stream and s.recognises_stream(record)),
            None,
        )
        if owner is None:
            yield line, record
        elif streams[owner][1].grain == "bucket":
            # By itself: bills may be larger than memory. Several answers may stand on one line.
            for found in _in_sequence(*streams[owner], [(position, record)], lineage):
                yield (line, found[1]) if isinstance(found, tuple) else found
        else:
            waiting.setdefault(owner, []).append((line, record))
    for owner, records in waiting.items():
        yield from _in_sequence(*streams[owner], records, lineage)


def _in_sequence(
    name: str, source: Source, records: Sequence[tuple[int, Record]], lineage: Mapping[str, str]
) -> Iterator[Item]:
    """What a source makes of a sequence of its records."""
    for item in source.stream(records, lineage) if source.stream is not None else ():
        if isinstance(item, Stray):
            text = json_text(item.record).encode("utf-8", "replace")
            yield Reject(line=item.line, reason=item.reason, line_hash=hash_of(text), source=name)
        else:
            yield item


def _without_pages(items: Iterable[Item], claimed: Claimed) -> Iterator[Item]:
    """The items, with the records of a page in place of each that is a page."""
    batch: list[Item] = []
    held = 0
    for item in items:
        key = _page_key(item[1]) if isinstance(item, tuple) else None
        if key is None and not batch:
            yield item
            continue
        batch.append(item)
        held += 1
        if key is not None and isinstance(item, tuple):
            held += len(item[1][key]) // 10
        if held >= _HELD_AT_ONCE:
            yield from _paged(batch, claimed)
            batch, held = [], 0
    yield from _paged(batch, claimed)


def _paged(batch: Sequence[Item], claimed: Claimed) -> Iterator[Item]:
    pages = iter(pages_of([item[1] for item in batch if isinstance(item, tuple)], claimed))
    for item in batch:
        page = next(pages) if isinstance(item, tuple) else None
        if page is None or not isinstance(item, tuple):
            yield item
        else:
            yield from ((item[0], record) for record in page)


def pages_of(records: Sequence[Record], claimed: Claimed) -> list[list[Record] | None]:
    """Per record, those it holds where it is an API answer with a page of them.

    One that a source knows by what else it says is none: a log of searches keeps the documents found beside the call.
    """
    keys = {number: key for number, record in enumerate(records) if (key := _page_key(record)) is not None}
    known = claimed([{**records[number], key: []} for number, key in keys.items()]) if keys else ()
    pages: list[list[Record] | None] = [None] * len(records)
    for (number, key), whole in zip(keys.items(), known, strict=True):
        pages[number] = None if whole else records[number][key]
    return pages


def _page_key(record: Record) -> str | None:
    """The key of what may be a page of records."""
    key = _listed(record)
    return key if key and (_PAGE_MARKS & record.keys() or record.keys() == {"data", "error"}) else None


def _listed(record: Record) -> str | None:
    """The key of the objects that a record without usage of its own holds a list of."""
    for key in ("data", "logs", "items", "results", "result", "events"):
        listed = record.get(key)
        if isinstance(listed, list) and "usage" not in record and all(isinstance(item, dict) for item in listed):
            if listed and "embedding" in listed[0]:
                continue
            return key
    return None


def announces_more(record: Record) -> bool | None:
    """Whether an API answer says that there is another page behind it; None for what is no page, or does not say."""
    if _listed(record) is None:
        return None
    for told in (record, *(record.get(key) for key in ("meta", "metadata", "pagination", "result_info"))):
        if isinstance(told, dict):
            if isinstance(more := told.get("has_more"), bool):
                return more
            page, pages = told.get("page"), told.get("total_pages", told.get("totalPages"))
            if isinstance(page, int) and isinstance(pages, int):
                return page < pages
    return True if record.get("nextToken") else None


def needs_sequence(record: Record, sources: Mapping[str, Source], claimed: Claimed) -> bool:
    """Whether this record can only be read together with its neighbours, or holds several."""
    if any(source.recognises_stream and source.recognises_stream(record) for source in sources.values()):
        return True
    return pages_of([record], claimed) != [None]
