"""Which ids were forgotten, known by their keyed hashes; found again in what an ingest brings, and taken out of it.

An id is hashed as HMAC-SHA-256 (https://www.rfc-editor.org/rfc/rfc2104) with a random key of the ledger: who has the ledger can try
an id they know of, and learns no other. Where nothing was ever forgotten, all this costs one look at an empty table.
"""

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from llmcost.ledger.identifiers import quote_identifier
from llmcost.ledger.redaction import (
    JSON_OBJECTS,
    MASK,
    MODEL_NAMES,
    SUBJECTS,
    Subject,
    columns_of,
    declare,
    is_distinctive,
    redacted,
    replaced_in,
    texts_of,
)

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

_BLOCK = 64
"""Bytes SHA-256 works on at once."""
_WORDS = re.compile(r"[^\W_]+")
_LONGEST = 24
"""Words of a text that are tried together as one id."""
_MATCH = """
create or replace temp table forgotten_value as
select distinct tombstone.kind, tombstone.deleted, tried.value as word
from (select distinct value from tried_value where value is not null) as tried
cross join (select unnest($inner::blob[]) as inner_pad, unnest($outer::blob[]) as outer_pad) as keyed
join ledger.tombstone on tombstone.mac = sha256(outer_pad || unhex(sha256(inner_pad || encode(tried.value))))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstones:
    """All that were put up, to try texts against in Python."""

    keys: tuple[bytes, ...]
    macs: frozenset[str]
    by_kind: Mapping[str, Mapping[str, bool]]
    """By kind, hash -> whether its requests were not kept."""

    def state(self, value: str, kind: str) -> Literal["kept", "deleted"] | None:
        """What became of what was a customer's or user's; None for one that was not forgotten."""
        known = self.by_kind.get(kind, {})
        found = {mac(key, value) for key in self.keys} & known.keys()
        return None if not found else "deleted" if any(known[one] for one in found) else "kept"

    def masked(self, text: str) -> str:
        """A path or the like, with every word or run of words that was forgotten replaced.

        The replacement has a few digits of the hash in it, so that two paths that differ still do.
        """
        words = list(_WORDS.finditer(text))
        for first in range(len(words)):
            for last in range(min(first + _LONGEST, len(words)) - 1, first - 1, -1):
                start, end = words[first].start(), words[last].end()
                for key in self.keys:
                    found = mac(key, text[start:end])
                    if found in self.macs:
                        return self.masked(f"{text[:start]}{path_mask(found)}{text[end:]}")
        return text


def mac(key: bytes, value: str) -> str:
    """The keyed hash of an id, in hex."""
    return hmac.new(key, value.encode("utf-8", "surrogatepass"), "sha256").hexdigest()


def path_mask(found: str) -> str:
    """What stands in a path where an id of this hash was."""
    return f"{MASK}-{found[:8]}"


def tombstones(connection: "Connection") -> Tombstones | None:
    """Those of the attached ledger; None where nothing was forgotten."""
    if not is_needed(connection):
        return None
    rows = connection.execute("select kind, mac, deleted from ledger.tombstone").fetchall()
    by_kind: dict[str, dict[str, bool]] = {}
    for kind, hashed, deleted in rows:
        by_kind.setdefault(kind, {})[hashed] = deleted
    return Tombstones(keys=keys(connection), macs=frozenset(row[1] for row in rows), by_kind=by_kind)


def ids_in(connection: "Connection", stones: Sequence[Tombstones]) -> list[tuple[Subject, str, bool]]:
    """(kind, id, whether its requests go) of what any of these tombstones speaks of and a ledger has in the clear."""
    found: list[tuple[Subject, str, bool]] = []
    for kind in SUBJECTS:
        rows = connection.execute(
            f"""
            select distinct {kind}_id from request where {kind}_id is not null
            union select distinct {kind}_id from usage_bucket where {kind}_id is not null
            union select distinct json_extract_string(dimensions, '/{kind}_id') from outcome
            order by 1
            """
        ).fetchall()
        for (value,) in rows:
            if value is None:
                continue
            states = {one.state(value, kind) for one in stones} - {None}
            if states:
                found.append((kind, value, "deleted" in states))
    return found


def is_needed(connection: "Connection") -> bool:
    """Whether anything was ever forgotten."""
    return connection.execute("select 1 from ledger.tombstone limit 1").fetchone() is not None


def keys(connection: "Connection") -> tuple[bytes, ...]:
    """The ledger's keys, none before anything was forgotten."""
    return tuple(bytes(row[0]) for row in connection.execute("select key from ledger.tombstone_key").fetchall())


def find(connection: "Connection", relation: str, key: str) -> bool:
    """Look for forgotten ids in a relation of the batch; whether any of its rows is to be redacted.

    Fills the temporary tables `forgotten_value` (ids met, in the clear) and `forgotten_key` (rows that are a subject's, by their
    own words or because the ledger knows them as forgotten).
    """
    declare(connection)
    columns = columns_of(connection, relation)
    texts = [name for name in texts_of(columns) if name not in JSON_OBJECTS | MODEL_NAMES]
    listed = ", ".join(quote_identifier(name) for name in texts) or "null::varchar"
    parts = [f"select unnest(list_distinct([{listed}])) as value from {relation}"]
    parts += [
        f"select unnest(json_extract_string({name}, '$.*')) as value from (select distinct {name} from {relation})"
        for name in texts_of(columns)
        if name in JSON_OBJECTS
    ]
    connection.execute(f"create or replace temp table tried_value as {' union '.join(parts)}")
    pads = [_pads(one) for one in keys(connection)]
    connection.execute(_MATCH, {"inner": [inner for inner, _ in pads], "outer": [outer for _, outer in pads]})
    connection.execute("drop table tried_value")
    has = {name: name in columns for name in ("customer_id", "user_id")}
    known = [
        f"select {key} as row_key, word, kind = 'customer' as is_customer, deleted from {relation} "
        f"join forgotten_value on kind = '{kind}' and word = {kind}_id"
        for kind in ("customer", "user")
        if has[f"{kind}_id"]
    ]
    masked = " or ".join(f"{name} = '{MASK}'" for name, there in has.items() if there)
    is_customer = f"customer_id is not distinct from '{MASK}'" if has["customer_id"] else "false"
    if masked:
        known.append(f"select {key}, null, {is_customer}, false from {relation} where {masked}")
    if masked and key == "row_key":
        met = f"row_key in (select row_key from {relation})"
        known.append(f"select row_key, null, {is_customer}, false from ledger.request where {met} and ({masked})")
        known.append(f"select row_key, null, true, true from ledger.forgotten_row where {met}")
    nothing = f"select {key}, null, false, false from {relation} where false"
    rows = " union all ".join([*known, nothing])
    connection.execute(
        f"""
        create or replace temp table forgotten_key as
        select row_key, max(word) as word, bool_or(is_customer) as is_customer, bool_or(deleted) as deleted
        from ({rows}) as rows_met (row_key, word, is_customer, deleted) group by row_key
        """
    )
    found = connection.execute(
        "select exists (select 1 from forgotten_value) or exists (select 1 from forgotten_key)"
    ).fetchone()
    return bool(found and found[0])


def take_out(connection: "Connection", table: str, key: str, attribution: Mapping[str, Sequence[str]]) -> None:
    """Redact the rows of a temporary table in place, after `find` has said that there are some."""
    columns = columns_of(connection, table)
    connection.execute(f"create or replace temp table taken_out as {redacted(table, key, columns, attribution)}")
    for (word,) in connection.execute("select distinct word from forgotten_value order by word").fetchall():
        if is_distinctive(word):
            _mask_words(connection, "taken_out", columns, word, attribution)
    connection.execute(f"create or replace temp table {table} as from taken_out")
    connection.execute("drop table taken_out")


def _mask_words(
    connection: "Connection",
    table: str,
    columns: Mapping[str, str],
    word: str,
    attribution: Mapping[str, Sequence[str]],
) -> None:
    for name in texts_of(columns):
        own = quote_identifier(name)
        changed = replaced_in(name, own, "$word", attribution)
        connection.execute(f"update {table} set {own} = {changed} where contains({own}, $word)", {"word": word})


def _pads(key: bytes) -> tuple[bytes, bytes]:
    """What HMAC hashes before the text, and before the inner hash."""
    block = key.ljust(_BLOCK, b"\0")
    return bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block)
