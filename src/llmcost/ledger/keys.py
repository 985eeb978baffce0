"""What a name in `--by` or `--where` stands for: a dimension, else a tag."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmcost.domain.errors import UsageError
from llmcost.ledger.dimensions import dimension, dimension_names
from llmcost.ledger.metrics import metric_names
from llmcost.ledger.registry import Kind

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_TAG = "tags."


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A way to group or filter requests."""

    name: str
    """As the user wrote it."""
    title: str
    kind: Kind
    sql: str
    """An expression over `request`; {pointer} stands for the bound JSON pointer of a tag."""
    pointer: str | None = None
    """The JSON pointer of a tag."""
    text: str = "{key}"
    """SQL that turns the expression into text."""
    grain: bool = False
    """Whether it is a span of time."""
    known: bool = True
    """False for a tag that no request carries."""


def resolve(connection: "DuckDBPyConnection", name: str) -> Key:
    """The key called `name`: a dimension, or a tag some request carries, or `tags.` and any tag.

    Raises UsageError naming the nearest keys when there is none.
    """
    if name.startswith(_TAG):
        key = _tag(connection, name, name.removeprefix(_TAG))
        # Logs may have a tag without a name; who ends here in a ledger that has none meant another.
        if key.known or name != _TAG:
            return key
    if name in dimension_names():
        found = dimension(name)
        return Key(
            name=name,
            title=found.title,
            kind=found.kind,
            sql=found.sql,
            text=found.notes.get("text", "{key}"),
            grain="grain" in found.notes,
        )
    if name in metric_names():
        raise UsageError(f"{name!r} is a metric, not a dimension", hint=f"ask for it with --metrics {name}")
    key = _tag(connection, name, name)
    if not key.known:
        raise unknown_key(connection, name)
    return key


def unknown_key(connection: "DuckDBPyConnection", name: str) -> UsageError:
    """No dimension and no tag in the ledger is called `name`."""
    tags = tag_keys(connection)
    if name.startswith(_TAG) and tags:
        known, what = [_TAG + tag for tag in tags], "tags"
    else:
        known, what = list(dict.fromkeys([*dimension_names(), *tags])), "dimensions and tags"
    return UsageError(f"no dimension or tag is called {name!r}", hint=nearest_or_all(name, known, what))


def nearest_or_all(name: str, known: list[str], what: str) -> str:
    """A hint with the names closest to `name`, or all there are."""
    # Imported where a name is wrong: what finds near names is slow to load.
    from llmcost.domain.text import nearest

    return nearest(name.lower(), known) or f"the {what} are {', '.join(known)}"


def tag_keys(connection: "DuckDBPyConnection") -> list[str]:
    """Every tag key in the ledger, in order."""
    rows = connection.execute(
        """
        select distinct unnest(json_keys(tags)) as tag
        from (
            select distinct tags from request where tags is not null
            union
            select distinct tags from usage_bucket where tags is not null
        )
        order by tag
        """
    ).fetchall()
    return [row[0] for row in rows]


def _tag(connection: "DuckDBPyConnection", name: str, tag: str) -> Key:
    pointer = "/" + tag.replace("~", "~0").replace("/", "~1")
    found = connection.execute(
        """
        select exists (select 1 from request where json_extract_string(tags, $pointer) is not null)
            or exists (select 1 from usage_bucket where json_extract_string(tags, $pointer) is not null)
        """,
        {"pointer": pointer},
    ).fetchone()
    return Key(
        name=name,
        title=tag or name,
        kind="text",
        sql="json_extract_string(tags, {pointer})",
        pointer=pointer,
        known=bool(found and found[0]),
    )
