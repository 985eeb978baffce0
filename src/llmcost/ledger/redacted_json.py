"""A forgotten id in the JSON documents of a ledger: what was closed, and what runs were asked.

Only what people and logs named can be the id. The keys of a document, its amounts and its words of ours stay, whatever somebody
is called: a customer `null`, `owner` or `276750` takes nothing from a closed month.
"""

import json
import re
import shlex
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from llmcost.ledger.filters import with_values
from llmcost.ledger.identifiers import quote_identifier

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

DOCUMENTS = (("chargeback", "content"), ("ingest", "arguments"), ("reprice", "conditions"))
"""Tables and columns that hold such documents."""

_OURS = frozenset(
    {
        *(
            "schema",
            "previous",
            "by",
            "label",
            "since",
            "until",
            "zone",
            "currency",
            "decimals",
            "rates",
            "kind",
            "method",
        ),
        *(
            "driver",
            "grain",
            "unit",
            "sign",
            "first_day",
            "last_day",
            "provider",
            "tolerance",
            "markup",
            "prices",
            "columns",
        ),
        *(
            "cost",
            "amount",
            "base",
            "base_total",
            "source_cost",
            "quantity",
            "unit_price",
            "ledger_cost",
            "charges_cost",
        ),
        *("invoice", "rate", "command", "settings", "bills"),
    }
)
"""Keys whose values nobody named. The command of an evidence is one of a list that is read apart."""
_WORDS_OF_OURS = frozenset({"basis", "unattributed", "charges", "difference", "source"})
"""Keys whose value is a word of ours where it is one text."""
_NAMED = frozenset({"weights", "names"})
"""Keys of objects whose own keys are names."""
_TERMS = frozenset({"where", "driver_where"})
"""Keys of conditions as `--where` has them."""
_OWN_KINDS = frozenset({"direct", "unattributed", "difference", "adjustment"})
"""Kinds of cost whose name is ours; others are called after a rule or a charge."""

_Change = Callable[[str], str]


def prepare(connection: "Connection", word: str, mask: str, others: Callable[[str], Sequence[str]]) -> None:
    """Fill the temporary table `forgotten_document` with every document that names `word`, before and after it is masked.

    `others` says which names of a table's documents are somebody else's, though `word` is a part of them.
    """
    changed: dict[str, str] = {}
    spelling = json.dumps(word)[1:-1]
    # A condition or a command may spell a quote in its own way.
    anywhere = "true" if {'"', "'"} & set(word) else "contains({0}, $word) or contains({0}, $spelt)"
    for table, column in DOCUMENTS:
        name = quote_identifier(column)
        rows = connection.execute(
            f"select distinct {name} from ledger.{quote_identifier(table)} where {anywhere.format(name)}",
            {"word": word, "spelt": spelling} if "$word" in anywhere else {},
        ).fetchall()
        if rows:
            change = _masking(word, mask, others(table))
            changed |= {text: masked_document(text, change) for (text,) in rows if text is not None}
    connection.execute(
        """
        create or replace temp table forgotten_document as
        select unnest($before::varchar[]) as before, unnest($after::varchar[]) as after
        """,
        {"before": list(changed), "after": list(changed.values())},
    )


def masked_documents(table: str) -> dict[str, str]:
    """SQL by column for the documents of a table without the word that `prepare` was given."""
    columns = {column: quote_identifier(column) for owner, column in DOCUMENTS if owner == table}
    return {
        column: f"coalesce((select after from forgotten_document where before = {own}), {own})"
        for column, own in columns.items()
    }


def masked_document(text: str, change: _Change) -> str:
    """A document with `change` made to every name in it, written as it was; one that names nothing stays as it is."""
    try:
        before = json.loads(text)
    except ValueError:  # an earlier version masked more than names
        return change(text)
    after = [_term(one, change) for one in before] if isinstance(before, list) else _walked(before, change)
    if after == before:
        return text
    if text == json.dumps(before, ensure_ascii=True, sort_keys=True, separators=(",", ":")):
        return json.dumps(after, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return json.dumps(after, ensure_ascii=text.isascii())


def _masking(word: str, mask: str, others: Sequence[str]) -> _Change:
    kept = "|".join(re.escape(one) for one in sorted(others, key=len, reverse=True))
    found = re.compile(rf"{kept}{'|' if kept else ''}(?<![^\W_]){re.escape(word)}(?![^\W_])")
    return lambda text: found.sub(lambda hit: mask if hit[0] == word else hit[0], text)


def _walked(value: Any, change: _Change, key: str | None = None) -> Any:
    if isinstance(value, str):
        return value if key in _WORDS_OF_OURS else change(value)
    if isinstance(value, list):
        return [_term(one, change) if key in _TERMS else _walked(one, change) for one in value]
    if not isinstance(value, dict):
        return value
    shape = {}
    for name, item in value.items():
        if name == "command" and "sign" in value:
            after: Any = _command(item, change)
        elif name in _OURS or (name in {"name", "source"} and value.get("kind") in _OWN_KINDS):
            after = item
        elif name in _TERMS and isinstance(item, str):
            after = _term(item, change)
        elif name == "source" and "owner" in value:
            after = change(item)
        else:
            after = _walked(item, change, name)
        shape[change(name) if key in _NAMED else name] = after
    return shape


def _term(text: Any, change: _Change) -> Any:
    """A condition without the name among its values."""
    if not isinstance(text, str):
        return text
    return with_values(text, change)


def _command(text: str, change: _Change) -> str:
    """A command of evidence without the name in its conditions and as whom it is for."""
    words = shlex.split(text)
    changes = {"--where": lambda word: _term(word, change), "--for": change}
    changed = [changes[before](word) if before in changes else word for before, word in pairwise(["", *words])]
    return text if changed == words else shlex.join(changed)
