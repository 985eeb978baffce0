"""Forgetting a customer or user: what a ledger holds is written into a new file without them, which then takes its place.

Costs stay, so that totals do; or the requests go, with `delete`, but for those of closed periods: what was charged for them
would else be paid back. A tombstone keeps a later reading of the same logs from bringing the id back. The old file's free blocks and its log would still hold the id, so nothing of that file is kept.
"""

import hashlib
import json
import secrets
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from llmcost.domain.errors import DataError
from llmcost.domain.period import clock
from llmcost.ledger import database
from llmcost.ledger.archive import tables_of
from llmcost.ledger.closings import is_closed
from llmcost.ledger.identifiers import quote_identifier, quote_literal
from llmcost.ledger.redacted_json import masked_documents, prepare
from llmcost.ledger.redaction import (
    MASK,
    Subject,
    columns_of,
    declare,
    dimensions_without,
    is_distinctive,
    masked,
    other_ids,
    redacted,
    replaced_in,
    replaced_in_values,
    texts_of,
)
from llmcost.ledger.tombstones import keys, mac, path_mask

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

_ROWS = {"request": "row_key", "usage_bucket": "bucket_key", "outcome": "outcome_key"}
"""Tables with rows of a subject, and their keys."""
_NEVER = frozenset(
    {
        *("status", "settings", "sources", "revisions", "fingerprint", "inode", "line_hash", "reason", "source"),
        *("llmcost_version", "price_list", "name", "metric", "channel", "gateway", "stream", "content_hash"),
        *("mac", "kind", "dimension", "label", "role"),
    }
)
"""Columns of the other tables in which no id stands."""
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetRequest:
    """Whom to forget."""

    ledger: Path
    kind: Subject
    id: str
    attribution: Mapping[str, Sequence[str]]
    delete: bool = False
    wait: float = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What was, or would be, taken out. The id itself is in none of it, but in the paths."""

    requests: int
    """Rows of the subject."""
    cost: Decimal | None
    buckets: int
    kept_requests: int = 0
    """Of those, with `delete`: of closed periods, which only lose who they were for."""
    kept_cost: Decimal | None = None
    kept_buckets: int = 0
    masked: Mapping[str, int] = field(default_factory=dict)
    """Other texts the id stood in, by table.column."""
    paths: tuple[str, ...] = ()
    """Logs named after the id."""
    remaining: Mapping[str, int] = field(default_factory=dict)
    """Texts in which the same letters stand as part of something else, by table.column, also in rows of the subject; they were
    left alone."""
    price_lists: int = 0
    """Price lists that mention it: they are kept as they rated, whole."""
    copies: tuple[Path, ...] = ()
    """Copies of the ledger beside it that still hold everything."""


def preview(request: ForgetRequest, *, migrate: bool = False) -> Forgotten:
    """What `forget` would take out; nothing is changed, but that `migrate` brings an older ledger to our schema."""
    with database.reading(request.ledger, wait=request.wait, migrate=migrate) as connection:
        declare(connection)
        return _measured(connection, request)


def forget(request: ForgetRequest) -> Forgotten:
    """Take the subject out of the ledger and leave a tombstone. All or nothing: the new file is put in place whole.

    Raises DataError for a ledger that is missing, in use or damaged.
    """
    expected: list[Forgotten] = []

    def inspect(new: Path) -> None:
        """The letters must not be in the new file either, unless something else is made of them."""
        found = expected[0]
        clean = not (found.remaining or found.price_lists)
        if clean and is_distinctive(request.id) and any(_holds(new, one) for one in _spellings(request.id)):
            raise DataError("the ledger was left as it is: its new file still held the id", hint="please report this")

    with database.rewriting(request.ledger, inspect, wait=request.wait) as connection:
        declare(connection)
        expected.append(_measured(connection, request))
        _write_key(connection)
        for table in tables_of(connection):
            if table != "tombstone_key":
                _copy(connection, table, request)
        _put_up(connection, request, expected[0])
    return expected[0]


def _measured(connection: "Connection", request: ForgetRequest) -> Forgotten:
    column = f"{request.kind}_id"
    if is_distinctive(request.id):
        prepare(connection, request.id, MASK, lambda table: other_ids(connection, table, request.id))
    requests, cost, kept_requests, kept_cost = _own_rows(connection, "request", request)
    buckets, _, kept_buckets, _ = _own_rows(connection, "usage_bucket", request)
    hits: dict[str, int] = {}
    left: dict[str, int] = {}
    for table in tables_of(connection):
        columns = columns_of(connection, f"ledger.{quote_identifier(table)}")
        texts = [name for name, kind in columns.items() if kind.upper() == "VARCHAR"]
        if not texts:
            continue
        beside = f"where {column} is distinct from $id" if table in {"request", "usage_bucket"} else ""
        source = f"ledger.{quote_identifier(table)} {beside}"
        # Where a document has the name spelt in another way, only what is left of it tells.
        documents = masked_documents(table) if is_distinctive(request.id) else {}
        named = {name: f"contains({quote_identifier(name)}, $id)" for name in texts}
        named |= {name: f"({named[name]} or {after} <> {quote_identifier(name)})" for name, after in documents.items()}
        held = _counted(connection, source, named, request)
        # Telling words from letters in every column would take longer to plan than all the rest to run.
        others = other_ids(connection, table, request.id)
        changes = _changes(table, columns, "$id", request, others) if is_distinctive(request.id) else {}
        changes |= documents
        changed = {name: changes[name] for name in held if name in changes}
        words = _counted(
            connection,
            source,
            {name: f"{named[name]} and {after} <> {quote_identifier(name)}" for name, after in changed.items()},
            request,
        )
        stays = _counted(
            connection, source, {name: f"contains({after}, $id)" for name, after in changed.items()}, request
        )
        hits |= {f"{table}.{name}": count for name, count in words.items()}
        left |= {
            f"{table}.{name}": count
            for name, there in held.items()
            if (count := stays.get(name, 0) if name in changed else there)
        }
        for name, there in _left_of_own(connection, table, columns, request).items():
            left[f"{table}.{name}"] = left.get(f"{table}.{name}", 0) + there
    paths = [
        row[0]
        for row in connection.execute(
            "select path from ledger.file where forget_words(path, $id) <> path order by path", {"id": request.id}
        ).fetchall()
    ]
    return Forgotten(
        requests=requests,
        cost=cost,
        buckets=buckets,
        kept_requests=kept_requests,
        kept_cost=kept_cost,
        kept_buckets=kept_buckets,
        masked=hits,
        paths=tuple(paths),
        remaining=left,
        price_lists=_mentioning(connection, request.id),
        copies=tuple(sorted(request.ledger.resolve().parent.glob(f"{request.ledger.resolve().name}.v*.bak"))),
    )


def _left_of_own(
    connection: "Connection", table: str, columns: Mapping[str, str], request: ForgetRequest
) -> dict[str, int]:
    """How many of the subject's own rows that stay still hold the letters after they are redacted, by column."""
    if table not in {"request", "usage_bucket"} or not _find_rows(connection, table, request):
        return {}
    stays = is_closed(table) if request.delete else "true"
    own = f"(from ledger.{table} where {request.kind}_id = {quote_literal(request.id)} and {stays})"
    source = f"({redacted(own, _ROWS[table], columns, request.attribution)})"
    texts = [name for name, kind in columns.items() if kind.upper() == "VARCHAR"]
    return _counted(connection, source, {name: f"contains({quote_identifier(name)}, $id)" for name in texts}, request)


def _own_rows(
    connection: "Connection", table: str, request: ForgetRequest
) -> tuple[int, Decimal | None, int, Decimal | None]:
    """The subject's rows and their cost, and the same of those that closed periods keep."""
    found = connection.execute(
        f"""
        select count(*), sum(cost), count(*) filter (kept), sum(cost) filter (kept)
        from (select cost, $delete and {is_closed(table)} as kept from ledger.{table} where {request.kind}_id = $id)
        """,
        {"id": request.id, "delete": request.delete},
    ).fetchone()
    return found or (0, None, 0, None)


def _counted(
    connection: "Connection", source: str, conditions: Mapping[str, str], request: ForgetRequest
) -> dict[str, int]:
    """How many rows of the source meet each condition on the id, by name, without those that none meets."""
    if not conditions:
        return {}
    counts = ", ".join(f"count(*) filter ({condition})" for condition in conditions.values())
    found = connection.execute(f"select {counts} from {source}", {"id": request.id}).fetchone() or ()
    return {name: count for name, count in zip(conditions, found, strict=True) if count}


def _spellings(word: str) -> list[str]:
    """An id as text, and as JSON that keeps to ASCII writes it."""
    return list(dict.fromkeys((word, json.dumps(word)[1:-1])))


def _masked_columns(table: str, columns: Mapping[str, str]) -> list[str]:
    """Columns in which the id is replaced as a word, also in rows that are not the subject's."""
    if table in _ROWS:
        return texts_of(columns)
    return [name for name, kind in columns.items() if kind.upper() == "VARCHAR" and name not in _NEVER]


def _changes(
    table: str, columns: Mapping[str, str], word: str, request: ForgetRequest, others: Sequence[str] = ()
) -> dict[str, str]:
    """SQL by column that replaces the SQL text `word`, also in rows that are not the subject's."""
    changes = {
        name: replaced_in(name, quote_identifier(name), word, request.attribution)
        for name in _masked_columns(table, columns)
        if name not in masked_documents(table)
    }
    if table == "alert_state":
        changes["subject"] = replaced_in_values("subject", word, others)
    return changes


def _copy(connection: "Connection", table: str, request: ForgetRequest) -> None:
    """One table into the new file."""
    source = f"ledger.{quote_identifier(table)}"
    columns = columns_of(connection, source)
    word = quote_literal(request.id)
    relation = source
    if table in {"request", "usage_bucket"}:
        _find_rows(connection, table, request)
        relation = f"({redacted(source, _ROWS[table], columns, request.attribution)})"
        if request.delete:
            relation = f"(select * from {relation} where {_ROWS[table]} not in (select row_key from forgotten_key where not kept))"
    elif table == "outcome":
        own = f"forget_member(dimensions, '{request.kind}_id') is not distinct from {word}"
        hidden = dimensions_without(request.kind, "dimensions", word, request.attribution)
        kept = f"case when {own} then {hidden} else dimensions end as dimensions"
        gone = f"where not ({own}) or {is_closed(table)}" if request.delete else ""
        relation = f"(select * replace ({kept}) from {source} {gone})"
    if is_distinctive(request.id):
        if table == "file":
            _copy_files(connection, request, columns)
            return
        others = other_ids(connection, table, request.id)
        for spelling in _spellings(request.id):
            literal = quote_literal(spelling)
            relation = f"({masked(relation, _changes(table, columns, literal, request, others), literal)})"
        if documents := masked_documents(table):
            read = ", ".join(f"{after} as {quote_identifier(column)}" for column, after in documents.items())
            relation = f"(select * replace ({read}) from {relation})"
    connection.execute(f"delete from fresh.{quote_identifier(table)}")
    connection.execute(f"insert into fresh.{quote_identifier(table)} by name select * from {relation}")
    if table == "chargeback" and is_distinctive(request.id):
        _seal(connection)
    if table == "forgotten_row" and request.delete:
        connection.execute(
            f"""
            insert into fresh.forgotten_row
            select row_key from ledger.request where {request.kind}_id = $id and not {is_closed("request")}
            """,
            {"id": request.id},
        )


def _find_rows(connection: "Connection", table: str, request: ForgetRequest) -> int:
    """Put the subject's rows into the temporary table `forgotten_key`; how many there are."""
    (found,) = connection.execute(
        f"""
        create or replace temp table forgotten_key as
        select {_ROWS[table]} as row_key, {request.kind}_id as word, {request.kind == "customer"} as is_customer,
            {is_closed(table)} as kept
        from ledger.{table} where {request.kind}_id = $id
        """,
        {"id": request.id},
    ).fetchone() or (0,)
    return int(found)


def _copy_files(connection: "Connection", request: ForgetRequest, columns: Mapping[str, str]) -> None:
    """Paths get a mask that differs from id to id: two files must not become one."""
    (key, *_) = keys_of(connection)
    word, mask = quote_literal(request.id), quote_literal(path_mask(mac(key, request.id)))
    path = f"replace(forget_words(path, {word}), {quote_literal(MASK)}, {mask})"
    changed = f"case when forget_words(path, {word}) <> path then {path} else path end as path"
    changes = _changes("file", columns, word, request)
    rest = masked("ledger.file", {name: changed for name, changed in changes.items() if name != "path"}, word)
    connection.execute("delete from fresh.file")
    connection.execute(f"insert into fresh.file by name select * replace ({changed}) from ({rest})")


def _seal(connection: "Connection") -> None:
    """Hash closed periods again where their text changed, each with the new hash of the one before it."""
    hashes: dict[str, str] = {}
    rows = connection.execute(
        "select rowid, content, content_hash from fresh.chargeback order by closed_at, rowid"
    ).fetchall()
    for row, text, before in rows:
        shape = json.loads(text)
        linked = isinstance(shape, dict) and shape.get("previous") in hashes
        if linked:
            shape["previous"] = hashes[shape["previous"]]
        content = json.dumps(shape, ensure_ascii=True, sort_keys=True, separators=(",", ":")) if linked else text
        after = hashlib.sha256(content.encode()).hexdigest()
        if after != before:
            hashes[before] = after
            connection.execute(
                "update fresh.chargeback set content = $content, content_hash = $hash where rowid = $row",
                {"content": content, "hash": after, "row": row},
            )


def _write_key(connection: "Connection") -> None:
    """The key the ledger has, or a new one, in the new file, before anything is hashed with it."""
    connection.execute("insert into fresh.tombstone_key select * from ledger.tombstone_key")
    if not keys(connection):
        connection.execute("insert into fresh.tombstone_key values ($key)", {"key": secrets.token_bytes(32)})


def keys_of(connection: "Connection") -> tuple[bytes, ...]:
    """The keys in the new file."""
    return tuple(bytes(row[0]) for row in connection.execute("select key from fresh.tombstone_key").fetchall())


def _put_up(connection: "Connection", request: ForgetRequest, found: Forgotten) -> None:
    (key, *_) = keys_of(connection)
    stone = {"mac": mac(key, request.id), "kind": request.kind}
    before = connection.execute(
        "delete from fresh.tombstone where mac = $mac and kind = $kind returning deleted", stone
    ).fetchall()
    connection.execute(
        "insert into fresh.tombstone values ($mac, $kind, $deleted, $now, $requests, $cost)",
        {
            **stone,
            # Whose requests were once deleted does not get later ones kept by being forgotten again.
            "deleted": request.delete or (True,) in before,
            "now": clock().astimezone(UTC).replace(tzinfo=None),
            "requests": found.requests,
            "cost": found.cost,
        },
    )


def _mentioning(connection: "Connection", word: str) -> int:
    needle = json.dumps(word)[1:-1].encode()
    return sum(
        needle in _inflated(bytes(row[0]))
        for row in connection.execute("select content from ledger.price_list").fetchall()
    )


def _inflated(content: bytes) -> bytes:
    try:
        return zlib.decompress(content)
    except zlib.error:
        return content


def _holds(path: Path, word: str) -> bool:
    """Whether the bytes of a text are in a file."""
    needle = word.encode("utf-8", "surrogatepass")
    rest = b""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            if needle in rest + block:
                return True
            rest = block[-len(needle) :]
    return False
