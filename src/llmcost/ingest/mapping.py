"""One SELECT that maps raw records of several shapes to usage records, in one pass over the file.

Layers, inside out: extract the paths in use; route each record to the one source that claims it; fill the columns by
route; tag and attribute; key the record. Rows nobody claims keep a null route and are looked at again, one by one, in
Python.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from llmcost.domain.bucket import STAGED_COLUMNS
from llmcost.domain.request import COLUMNS, ID_KEY, KEYED_WHO, QUANTITIES, WHO
from llmcost.ingest.envelope import (
    ENVELOPE_COLUMNS,
    ENVELOPE_TIME,
    HAS_USUAL_KEYS,
    RECORD_KEYS,
    STATES_TIME,
    envelope_layers,
    usual_keys,
)
from llmcost.ingest.numbers import Numbers
from llmcost.ingest.paths import Computed, Layout, keys_of, leaves_of, merge_leaves
from llmcost.ingest.source import Route
from llmcost.ingest.tagging import ROUTE_INPUT, Attribution, Tagging, found, joined, pieces_one_by_one, values
from llmcost.ledger.identifiers import quote_literal

AMBIGUOUS = -1
"""Route of a record that more than one source claims."""

UNCLAIMED, BOOKKEEPING, IN_PARTS, NO_TIME, NO_TIME_AROUND = "?", "-", "+", "no time", "no time around"
"""Verdicts: no source or several claim the record; it is no call; it has to be taken apart; it does not say when; neither it
nor the envelope around the body says when."""

_CONSTANT = re.compile(r"null|true|false|'[^']*'|-?[0-9]+|coalesce\((?:null, )*(?P<first>'[^']*'|true|false|[0-9]+)\)")
_ALWAYS_STAGED = {"source", "part", "request_id"}

_ORIGIN = f"case when coalesce({', '.join(QUANTITIES)}) is not null then 'billed' else 'unknown' end"
"""SQL: where usage comes from unless the source says otherwise."""

TOP = ("file_no", "route", "verdict", "source", "near_unique", "row_key")
"""Columns of a bulk pass that stand beside `record`, as do those of its tags."""

_DERIVED = {"source", "issuer", "time_origin", "usage_origin", "tags"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """A compiled mapping."""

    select: str
    """One usage record per raw record, in order. Besides the columns of `domain.request`: `route`, `near_unique`,
    `row_key` (null where the content must decide) and `verdict` (null for a usable record, else one of ours below or what
    is wrong with it)."""
    tagging: Tagging
    constants: Mapping[str, str]
    """Columns of `domain.request` that are the same for every record, and so are not in `select`: name -> SQL."""
    derived: Mapping[str, str]
    """Columns that follow from the others, and so are not in `select` either: name -> SQL."""
    packed: tuple[str, ...]
    """Columns that a bulk pass puts into one struct, `record`. DuckDB reserves memory for every column of a table it fills
    in order, and for fifty of them it would not use a second thread."""


def expressions_of(route: Route) -> list[str]:
    """Every expression of a route that reads the provider's record."""
    source = route.source
    own = (source.claims, source.keeps, source.issuer, source.needs_parts, source.stated_key or "null")
    return [
        *own,
        *source.steps.values(),
        *source.fields.values(),
        *source.counts.values(),
        *sum(source.amounts.values(), ()),
        *source.tags,
    ]


def layout_of(routes: Sequence[Route], *, plain: bool = False) -> Layout:
    """What has to be extracted for these routes.

    With `plain`, objects that may stand inside a string are taken to be objects, which saves a second parse; the mapping
    then leaves records unclaimed where such an object yields nothing.
    """
    events = (leaves_of([route.source.events_at.get(route.mount, "")]) for route in routes)
    leaves = merge_leaves(*(leaves_of(expressions_of(route), route.mount) for route in routes), *events)
    embedded = {(*route.mount, *keys_of(path)) for route in routes for path in route.source.sparse}
    if not plain:
        embedded |= {route.mount for route in routes if route.mount}
        embedded |= {(*route.mount, key) for route in routes for key in route.source.json_text}
    return Layout(leaves, embedded)


def needs_whole(routes: Sequence[Route]) -> bool:
    """Whether the raw record itself is needed, which costs a second parse."""
    return any(route.mount or route.source.whole for route in routes)


def mapped(
    routes: Sequence[Route],
    extracted: str,
    layout: Layout,
    attribution: Attribution,
    *,
    assumed_time: str | None = None,
    bulk: bool = False,
    plain: bool = False,
    siblings: Sequence[str] = (),
    foreign: Sequence[str] = (),
) -> Mapped:
    """The mapping of `extracted`, a SELECT that gives the columns of `layout`, `file_no`, and `whole_record` if needed.

    In a `bulk` pass the tags are left to `tagging`, per combination. `siblings` are the keys that envelopes usually have,
    `foreign` those by which a source that is not among `routes` knows its records: an envelope with one of them is left
    unclaimed, to be looked at with every source. Routes to buckets, which go without calls among them, fill the columns of
    buckets as well.
    """
    mapping = _Mapping(routes, layout, attribution, bulk=bulk, plain=plain, siblings=siblings, foreign=foreign)
    return mapping.over(extracted, assumed_time)


class _Mapping:
    def __init__(
        self,
        routes: Sequence[Route],
        layout: Layout,
        attribution: Attribution,
        *,
        bulk: bool,
        plain: bool,
        siblings: Sequence[str],
        foreign: Sequence[str],
    ) -> None:
        self.routes = routes
        self.layout = layout
        self.attribution = attribution
        self.plain = plain
        self.bulk = bulk
        self.siblings = siblings
        self.foreign = tuple(key for key in foreign if key not in siblings)
        self.columns = STAGED_COLUMNS if routes[0].source.grain == "bucket" else COLUMNS
        self.computed = Computed()
        self.steps: dict[str, str] = {}
        self.names: dict[str, dict[str, str]] = {}
        for number, route in enumerate(routes, 1):
            own = self.names[route.name] = {}
            for name, expression in route.source.steps.items():
                own[name] = f"step_{number}_{name}"
                self.steps[own[name]] = layout.compile(expression, self.computed, mount=route.mount)
        self.numbers = Numbers(layout, self.computed, self._sql, plain=plain)
        self.tagging = Tagging(routes, layout, self.names, shared=bulk)
        self.pieces: dict[str, str] = {}
        self.tags = {route.name: self._tags(number, route) for number, route in enumerate(routes, 1)}

    def over(self, extracted: str, assumed_time: str | None) -> Mapped:
        issuer = self._by_route(lambda r: self._sql(r, r.source.issuer))
        time_origin = self._by_route(self._column("time_origin", None))
        columns = [
            "file_no",
            "route",
            f"{self._by_route(lambda r: quote_literal(r.source_id))}::varchar as source",
            f"{issuer}::varchar as issuer",
            f"coalesce({self._by_route(lambda r: self._sql(r, r.source.keeps), 'false')}, false) as kept",
            f"case when bad_count > 0 then {self._by_route(self.numbers.what_is_bad)} end as bad_field",
            f"coalesce({self._by_route(lambda r: self._sql(r, r.source.needs_parts), 'false')}, false) as needs_parts",
            f"{self._by_route(self._weak_ids)} as weak_ids",
            f"({self._by_route(lambda r: self.tags[r.name])})::varchar as tags_raw",
            f"({self._by_route(self._column('usage_origin', None))})::varchar as stated_origin",
            f"({self._by_route(self._started_at)})::timestamp as started_at",
            f"({self._by_route(self._stated_key)})::uuid as stated_key",
            f"({time_origin})::varchar as stated_time_origin",
        ]
        if assumed_time is not None:
            columns.append(f"coalesce({self._by_route(self._states_time)}, false) as states_time")
        constants: dict[str, str] = {}
        if self.bulk and _CONSTANT.fullmatch(issuer):
            constants["issuer"] = f"{issuer}::varchar"
        for column in self.columns:
            if column.name not in _DERIVED | {"started_at"}:
                sql = self._by_route(self._column(column.name, column.default), column.default or "null")
                # An amount that does not fit is none, like one that is no number; sources add and scale what did fit.
                cast = "try_cast" if column.sql_type.startswith("decimal") else "cast"
                columns.append(f"{cast}(({sql}) as {column.sql_type}) as {column.name}")
                if self.bulk and _CONSTANT.fullmatch(sql) and self._stays(column.name):
                    constants[column.name] = f"({sql})::{column.sql_type}"
        if self.bulk and not any(self.tags.values()):
            constants["tags"] = "null::varchar"
        inputs = self.tagging.inputs
        if inputs:
            shared = self._by_route(lambda r: str(self.routes.index(r) + 1) if self.tagging.is_shared(r) else None)
            columns += [f"({shared})::tinyint as {ROUTE_INPUT}"]
            columns += [f"{self.computed.value(sql)} as {name}" for name, sql in inputs.items()]
        relation = f"select {', '.join(columns)} from ({self._layers(extracted, self._route_layers())})"
        relation = (
            f"select *, {values(self.attribution)} as tag_values "
            f"from (select * exclude (tags_raw), nullif(clean_tags(tags_raw), '{{}}') as tags from ({relation}))"
        )
        derived: dict[str, str] = {}
        if self.bulk:
            if assumed_time is None and time_origin == "null":
                constants["time_origin"] = "'log'"
            if self._by_route(self._column("usage_origin", None)) == "null":
                derived["usage_origin"] = _ORIGIN
        select = self._keyed(relation, assumed_time, [*constants, *derived])
        if self.bulk:
            packed = [c.name for c in COLUMNS if c.name not in {"source", *constants, *derived}] + ["stated_who"]
            record = ", ".join(f"{name} := {name}" for name in packed)
            select = (
                f"select {', '.join((*TOP, *self.tagging.staged))}, struct_pack({record}) as record from ({select})"
            )
            return Mapped(
                select=select, tagging=self.tagging, constants=constants, derived=derived, packed=tuple(packed)
            )
        return Mapped(select=select, tagging=self.tagging, constants=constants, derived=derived, packed=())

    def _stays(self, name: str) -> bool:
        """Whether a column is still constant once the tags have had their say."""
        return name not in _ALWAYS_STAGED and not (name in WHO and any(self.tags.values()))

    def _layers(self, extracted: str, route_layers: Sequence[str]) -> str:
        """The layers below the columns, each a projection of its own, so that nothing in them is computed twice."""
        layers = [
            *self.layout.layers,
            ", ".join(f"{sql} as {name}" for sql, name in self.computed.values.items()),
            ", ".join(f"{sql} as {name}" for sql, name in self.computed.parses.items()),
            ", ".join(f"{sql} as {name}" for name, sql in self.steps.items()),
            *self._record_keys(),
            *route_layers,
            f"({self._by_route(self.numbers.first_bad)})::integer as bad_count",
            *self._envelope(),
            ", ".join(f"{sql} as {name}" for name, sql in self.pieces.items()),
        ]
        relation = extracted
        for layer in layers:
            if layer:
                relation = f"select *, {layer} from ({relation})"
        return relation

    def _envelope(self) -> tuple[str, ...]:
        mounted = [str(number) for number, route in enumerate(self.routes, 1) if route.mount]
        return envelope_layers(f"route in ({', '.join(mounted)})", self.siblings) if mounted else ()

    def _keyed(self, relation: str, assumed_time: str | None, left_out: Sequence[str]) -> str:
        assumed = f"{assumed_time}::timestamp" if assumed_time else "null::timestamp"
        # A time that cannot be read is not made up.
        unassumed = f" and ({assumed} is null or states_time)" if assumed_time else ""
        logged = "started_at is not null and stated_time_origin is distinct from 'assumed'"
        columns = []
        for column in self.columns:
            name = column.name
            if name in WHO and name in left_out:
                columns.append(name)
            elif name in WHO:
                columns.append(f"{found(name, self.attribution, own=name)} as {name}")
            elif name == "started_at":
                columns.append(f"coalesce(started_at, {assumed}) as started_at")
            elif name == "time_origin":
                columns.append(f"case when {logged} then 'log' else 'assumed' end as time_origin")
            elif name == "usage_origin":
                columns.append(f"coalesce(stated_origin, {_ORIGIN}) as usage_origin")
            else:
                columns.append(name)
        strong = "request_id is not null and not (weak_ids and is_weak_id(request_id))"
        inputs = "".join(f", {name}" for name in ((ROUTE_INPUT, *self.tagging.inputs) if self.tagging.inputs else ()))
        complete = f"""
            select
                file_no, route, weak_ids, stated_key,
                case
                    when route is null or route = {AMBIGUOUS} then '{UNCLAIMED}'
                    when not kept then '{BOOKKEEPING}'
                    when needs_parts then '{IN_PARTS}'
                    when bad_field is not null then bad_field
                    when started_at is null{unassumed} then {self._by_route(_timeless)}
                end as verdict,
                ({logged} and date_part('microseconds', started_at) % 1000000 <> 0)
                    or trace_id is not null or latency_ms is not null as near_unique,
                case when not ({strong}) then {self._stated_who()} end as stated_who,
                {", ".join(columns)}{inputs}
            from ({relation})
        """
        key = f"coalesce(stated_key, case when {strong} then {ID_KEY} end)"
        exclude = ", ".join(("weak_ids", "stated_key", *left_out))
        return f"select * exclude ({exclude}), {key} as row_key from ({complete})"

    def _stated_key(self, route: Route) -> str | None:
        return None if route.source.stated_key is None else self._sql(route, route.source.stated_key)

    def _weak_ids(self, route: Route) -> str:
        weak = route.source.weak_ids
        return self._sql(route, weak) if isinstance(weak, str) else str(weak).lower()

    def _stated_who(self) -> str:
        """SQL: who a record without a good id is for in its own words, before any tag has its say."""
        own = [n for n in WHO if n not in KEYED_WHO and self._by_route(self._column(n, None)) != "null"]
        pairs = ", ".join(f"'{name}=' || {name}" for name in own)
        return f"nullif(concat_ws(chr(31), {pairs}), '')" if pairs else "null::varchar"

    def _sql(self, route: Route, expression: str) -> str:
        return self.layout.compile(expression, self.computed, mount=route.mount, names=self.names[route.name])

    def _by_route(self, pick: Callable[[Route], str | None], default: str = "null") -> str:
        chosen = [pick(route) for route in self.routes]
        if len(set(chosen)) == 1:
            return chosen[0] or default
        cases = " ".join(f"when {number} then {sql}" for number, sql in enumerate(chosen, 1) if sql is not None)
        return f"case route {cases} else {default} end"

    def _column(self, name: str, default: str | None) -> Callable[[Route], str | None]:
        def pick(route: Route) -> str | None:
            own = route.source.fields.get(name)
            parts = [self._sql(route, own)] if own is not None else []
            if route.mount and name in ENVELOPE_COLUMNS:
                parts.append(ENVELOPE_COLUMNS[name])
            if default is not None and own != default:
                parts.append(default)
            return f"coalesce({', '.join(parts)})" if len(parts) > 1 else (parts[0] if parts else None)

        return pick

    def _started_at(self, route: Route) -> str | None:
        own = route.source.fields.get("started_at")
        parts = ([self._sql(route, own)] if own else []) + ([ENVELOPE_TIME] if route.mount else [])
        return f"coalesce({', '.join(parts)})" if parts else None

    def _states_time(self, route: Route) -> str | None:
        """SQL: whether a record of this route says when the call began, readable or not."""
        places = leaves_of([route.source.fields.get("started_at", "")], route.mount)
        stated = [f"states_time({self.computed.value(self.layout.text(place))})" for place in places]
        stated += [STATES_TIME] if route.mount else []
        return " or ".join(f"coalesce({one}, false)" for one in stated) or None

    def _tags(self, number: int, route: Route) -> str | None:
        if self.tagging.is_shared(route):
            return None
        names: list[str] = []
        for piece in pieces_one_by_one(route, self.layout, self.computed, self.names[route.name]):
            names.append(f"tags_{number}_{len(names)}")
            self.pieces[names[-1]] = piece
        return f"nullif({joined(names)}, '{{}}')" if names else None

    def _route_layers(self) -> tuple[str, str]:
        """Who claims a record, and the number of the one route that does: one at the root before those in an envelope."""
        claims = ", ".join(
            f"coalesce({self._claims(route)}, false) as claimed_{number}" for number, route in enumerate(self.routes, 1)
        )
        levels: dict[tuple[str, ...], list[int]] = {}
        for number, route in enumerate(self.routes, 1):
            levels.setdefault(route.mount, []).append(number)
        ordered = sorted(levels.items(), key=lambda level: bool(level[0]))
        chosen = [_the_one(numbers) for _, numbers in ordered]
        route_sql = f"coalesce({', '.join(chosen)})" if len(chosen) > 1 else chosen[0]
        return claims, f"({route_sql})::tinyint as route"

    def _record_keys(self) -> tuple[str, ...]:
        """The keys of records that may be envelopes, which takes a parse of its own, and what they tell."""
        bodies = [f"({self._sql(route, route.source.claims)})" for route in self.routes if route.mount]
        if not bodies:
            return ()
        keys = f"case when {' or '.join(bodies)} then json_keys(whole_record) end as {RECORD_KEYS}"
        told = [f"{usual_keys(self.siblings)} as {HAS_USUAL_KEYS}"]
        if self.foreign:
            told.append(
                f"list_has_any([{', '.join(map(quote_literal, self.foreign))}], {RECORD_KEYS}) as has_foreign_key"
            )
        return keys, ", ".join(told)

    def _claims(self, route: Route) -> str:
        claims = [f"({self._sql(route, route.source.claims)})"]
        if route.mount and self.foreign:
            claims.append("not has_foreign_key")
        if event := route.source.events_at.get(route.mount):
            claims.append(f"not coalesce({self.layout.compile(event, self.computed)}, false)")
        if self.plain:
            for key in route.source.json_text:
                place = (*route.mount, key)
                leaves = [path for path in leaves_of(expressions_of(route), route.mount) if path[: len(place)] == place]
                seen = ", ".join(self.computed.value(self.layout.text(path)) for path in leaves if path != place)
                if seen:
                    claims.append(f"coalesce({seen}) is not null")
        return " and ".join(claims)


def _timeless(route: Route) -> str:
    """SQL: the verdict on a record of this route that does not say when the call began."""
    return quote_literal(NO_TIME_AROUND if route.mount else NO_TIME)


def _the_one(numbers: Sequence[int]) -> str:
    """SQL: the one of these routes that claims a record, or that several do."""
    cases = " ".join(f"when claimed_{number} then {number}" for number in numbers)
    if len(numbers) == 1:
        return f"case {cases} end"
    total = " + ".join(f"claimed_{number}::tinyint" for number in numbers)
    return f"case when {total} > 1 then {AMBIGUOUS} {cases} end"
