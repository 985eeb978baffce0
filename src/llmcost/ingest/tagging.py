"""Tags and who they say a request was for.

Most logs have few distinct combinations of tags. In a bulk pass the staging table therefore keeps what the tags are made of
and a hash of it. Each combination is made into tags once, in the table `tag_set`; a row then needs the hash alone, and what
the tags were made of is let go. Where combinations are so many that the table of them would not fit into memory, rows are
tagged as they are read; records that carry tags in an envelope of their own are tagged one by one in any case.
"""

from collections.abc import Mapping, Sequence

from llmcost.domain.request import WHO
from llmcost.ingest.envelope import ENVELOPE_TAGS
from llmcost.ingest.paths import Computed, Layout
from llmcost.ingest.source import Route
from llmcost.ledger.identifiers import json_pointer, quote_literal

ROUTE_INPUT = "tag_route"
INPUTS, KEY = "tag_inputs", "tag_key"
"""Columns of a bulk pass: what the tags are made of, in a struct, and the hash of it. Null in rows tagged one by one."""
MADE = "made_"
"""What stands before the name of a column that was made of tags, where the record has a column of that name itself."""

Attribution = Mapping[str, Sequence[str]]


class Tagging:
    """How the tags of a set of routes are made."""

    def __init__(
        self, routes: Sequence[Route], layout: Layout, names: Mapping[str, Mapping[str, str]], *, shared: bool
    ) -> None:
        self._routes = routes
        self._computed = Computed("tag_")
        self._shared = {route.name for route in routes if shared and not route.mount and not route.source.whole}
        self._pieces = {
            route.name: [
                layout.compile(
                    piece,
                    self._computed if route.name in self._shared else Computed(),
                    mount=route.mount,
                    names=names[route.name],
                )
                for piece in route.source.tags
            ]
            for route in routes
            if route.name in self._shared
        }

    @property
    def inputs(self) -> dict[str, str]:
        """Columns of the staging table that tags are made of: name -> SQL over the record."""
        return {name: sql for sql, name in self._computed.values.items()} if any(self._pieces.values()) else {}

    def is_shared(self, route: Route) -> bool:
        """Whether this route's tags are made per combination."""
        return route.name in self._shared

    @property
    def staged(self) -> tuple[str, ...]:
        """What a bulk pass keeps of the tags: SQL over `ROUTE_INPUT` and the inputs."""
        if not self.inputs:
            return ()
        packed = ", ".join(f"{name} := {name}" for name in (ROUTE_INPUT, *self.inputs))
        return (
            f"case when {ROUTE_INPUT} is not null then {self.key()} end as {KEY}",
            f"struct_pack({packed}) as {INPUTS}",
        )

    def key(self) -> str:
        """SQL for the hash of a combination. Two may share one, which `tag_set` then tells."""
        return f"hash({', '.join((ROUTE_INPUT, *self.inputs))})"

    def unpacked(self) -> str:
        """SQL for what `INPUTS` holds."""
        return ", ".join(f"{INPUTS}.{name} as {name}" for name in (ROUTE_INPUT, *self.inputs))

    def tag_set(self, table: str, attribution: Attribution) -> str:
        """SELECT of the key, the tags and the columns of each combination in a table."""
        relation = f"select distinct {KEY}, {self.unpacked()} from {table} where {KEY} is not null"
        made = ", ".join(f"{MADE}{name} as {name}" for name in ("tags", *WHO))
        return f"select {KEY}, {made} from ({self.tagged(relation, attribution)})"

    def tagged(self, relation: str, attribution: Attribution) -> str:
        """SELECT of a relation that has the inputs, with what they make: `MADE` before `tags` and before each column of WHO."""
        if self._computed.parses:
            parses = ", ".join(f"{sql} as {name}" for sql, name in self._computed.parses.items())
            relation = f"select *, {parses} from ({relation})"
        cases = ""
        pieces: dict[str, str] = {}
        for number, route in enumerate(self._routes, 1):
            own = {f"piece_{number}_{n}": sql for n, sql in enumerate(self._pieces.get(route.name, ()))}
            pieces |= own
            cases += f" when {number} then {joined(tuple(own))}" if own else ""
        between = ", ".join((*self._computed.parses.values(), *pieces))
        relation = f"select *, {', '.join(f'{sql} as {name}' for name, sql in pieces.items())} from ({relation})"
        raw = f"select * exclude ({between}), case {ROUTE_INPUT} {cases} end as tags_raw from ({relation})"
        cleaned = f"select * exclude (tags_raw), nullif(clean_tags(tags_raw), '{{}}') as {MADE}tags from ({raw})"
        valued = f"select *, {values(attribution, f'{MADE}tags')} as tag_values from ({cleaned})"
        filled = ", ".join(f"{found(name, attribution)} as {MADE}{name}" for name in WHO)
        return f"select * exclude (tag_values), {filled} from ({valued})"


def joined(pieces: Sequence[str]) -> str:
    """SQL for the JSON text of several columns of pairs. Of a key in two of them the first is found."""
    present = ", ".join(f"nullif({piece}, '')" for piece in pieces)
    return f"'{{' || concat_ws(',', {present}) || '}}'"


def pieces_one_by_one(route: Route, layout: Layout, computed: Computed, names: Mapping[str, str]) -> list[str]:
    """The pieces of a route whose records are tagged one by one."""
    own = [layout.compile(piece, computed, mount=route.mount, names=names) for piece in route.source.tags]
    return [*own, *(ENVELOPE_TAGS if route.mount else ())]


def keys(attribution: Attribution) -> list[str]:
    """Every tag key some rule reads, in order of appearance."""
    return list(dict.fromkeys(key for rule in attribution.values() for key in rule))


def values(attribution: Attribution, tags: str = "tags") -> str:
    """SQL for the values of all those keys, read in one pass over the column `tags`."""
    pointers = ", ".join(quote_literal(json_pointer(key)) for key in keys(attribution))
    return f"case when {tags} is not null then json_extract_string({tags}, [{pointers}]) end"


def found(column: str, attribution: Attribution, *, own: str | None = None) -> str:
    """SQL for the first tag present among a column's rules, after what the source filled itself."""
    place = {key: number for number, key in enumerate(keys(attribution), 1)}
    parts = [*([own] if own else []), *(f"nullif(tag_values[{place[key]}], '')" for key in attribution.get(column, ()))]
    return f"coalesce({', '.join(parts)}, null)" if parts else "null::varchar"
