"""One SELECT that maps raw records of several shapes to usage records, in one pass over the file.

Layers, inside out: extract the paths in use; route each record to the one source that claims it; fill the columns by
route; clean the tags and attribute; key the record. Rows nobody claims keep a null route and are looked at again, one by
one, in Python.
"""

from collections.abc import Callable, Mapping, Sequence

from llmcost.domain.request import COLUMNS, LEAF_TOKENS, QUANTITIES, WHO
from llmcost.ingest.envelope import ENVELOPE_COLUMNS, ENVELOPE_TAGS, ENVELOPE_TIME, ENVELOPE_VALUES
from llmcost.ingest.paths import Computed, Layout, counts_of, leaves_of, merge_leaves
from llmcost.ingest.source import Route
from llmcost.ledger.identifiers import quote_literal

AMBIGUOUS = -1
"""Route of a record that more than one source claims."""

_SOURCE_COLUMNS = tuple(c for c in COLUMNS if c.name not in {"source", "issuer", "time_origin", "tags"})


def expressions_of(route: Route) -> list[str]:
    """Every expression of a route that reads the provider's record."""
    source = route.source
    own = (source.claims, source.keeps, source.issuer, source.needs_parts)
    return [*own, *source.steps.values(), *source.fields.values(), *source.tags]


def layout_of(routes: Sequence[Route]) -> Layout:
    """What has to be extracted for these routes."""
    leaves = merge_leaves(*(leaves_of(expressions_of(route), route.mount) for route in routes))
    embedded = {(*route.mount, key) for route in routes for key in route.source.json_text}
    embedded |= {route.mount for route in routes if route.mount}
    return Layout(leaves, embedded)


def needs_whole(routes: Sequence[Route]) -> bool:
    """Whether the raw record itself is needed, which costs a second parse."""
    return any(route.mount or route.source.whole for route in routes)


def mapped_select(
    routes: Sequence[Route],
    extracted: str,
    layout: Layout,
    attribution: Mapping[str, Sequence[str]],
    *,
    assumed_time: str | None = None,
    carried: Sequence[str] = (),
) -> str:
    """SELECT of one usage record per row of `extracted`, in its order.

    `extracted` gives the columns of `layout` (and `whole_record` where needed); `carried` columns pass through.
    Besides the columns of `domain.request` there are: `route`, `kept`, `bad` (what makes the record unusable),
    `needs_parts`, `row_key` (null where the ordinal among equals must decide), `near_unique`.
    """
    passed = "".join(f"{name}, " for name in carried)

    computed = Computed()
    steps: dict[str, str] = {}
    names: dict[str, dict[str, str]] = {}
    for number, route in enumerate(routes, 1):
        names[route.name] = {}
        for name, expression in route.source.steps.items():
            column_name = names[route.name][name] = f"step_{number}_{name}"
            steps[column_name] = layout.compile(expression, computed, mount=route.mount)

    def sql(route: Route, expression: str) -> str:
        return layout.compile(expression, computed, mount=route.mount, names=names[route.name])

    def by_route(pick: Callable[[Route], str | None], default: str = "null") -> str:
        chosen = [pick(route) for route in routes]
        if len(set(chosen)) == 1:
            return chosen[0] or default
        cases = " ".join(
            f"when {number} then {expression}" for number, expression in enumerate(chosen, 1) if expression is not None
        )
        return f"case route {cases} else {default} end"

    def column(name: str, default: str | None) -> Callable[[Route], str | None]:
        def pick(route: Route) -> str | None:
            own = route.source.fields.get(name)
            parts = [sql(route, own)] if own is not None else []
            if route.mount and name in ENVELOPE_COLUMNS:
                parts.append(ENVELOPE_COLUMNS[name])
            if default is not None and own != default:
                parts.append(default)
            return f"coalesce({', '.join(parts)})" if len(parts) > 1 else (parts[0] if parts else None)

        return pick

    def started_at(route: Route) -> str | None:
        own = route.source.fields.get("started_at")
        parts = ([sql(route, own)] if own else []) + ([ENVELOPE_TIME] if route.mount else [])
        return f"coalesce({', '.join(parts)})" if parts else None

    def bad(route: Route) -> str | None:
        paths = counts_of([*route.source.steps.values(), *route.source.fields.values()])
        checks = []
        for path in paths:
            text = computed.value(layout.text((*route.mount, *path)))
            count = computed.parsed(f"count_of({text})")
            checks.append(
                f"when {count} is null and {text} is not null "
                f"then {quote_literal('.'.join(path))} || ' is ' || left({text}, 40)"
            )
        return f"case {' '.join(checks)} end" if checks else None

    pieces: dict[str, str] = {}

    def tags(route: Route) -> str | None:
        """The pieces of a route's tags, put together only where more than one of them has something."""
        number = routes.index(route) + 1
        names_ = []
        for piece in [sql(route, piece) for piece in route.source.tags] + (list(ENVELOPE_TAGS) if route.mount else []):
            names_.append(f"tags_{number}_{len(names_)}")
            pieces[names_[-1]] = f"nullif({piece}, '')" if not piece.startswith("pair(") else piece
        if not names_:
            return None
        if len(names_) == 1:
            return f"'{{' || {names_[0]} || '}}'"
        merged = f"'{{' || coalesce({names_[-1]}, '') || '}}'"
        for name in reversed(names_[:-1]):
            merged = f"json_merge_patch(({merged})::json, ('{{' || coalesce({name}, '') || '}}')::json)"
        several = " + ".join(f"({name} is not null)::tinyint" for name in names_)
        return f"case when {several} < 2 then '{{' || coalesce({', '.join(names_)}) || '}}' else ({merged})::varchar end"

    root = [number for number, route in enumerate(routes, 1) if not route.mount]
    claims = {number: f"coalesce({sql(route, route.source.claims)}, false)" for number, route in enumerate(routes, 1)}

    def chosen_of(numbers: Sequence[int]) -> str:
        cases = " ".join(f"when {claims[number]} then {number}" for number in numbers)
        if len(numbers) < 2:
            return f"case {cases} end"
        total = " + ".join(f"{claims[number]}::tinyint" for number in numbers)
        return f"case when {total} > 1 then {AMBIGUOUS} {cases} end"

    levels = [root] if root else []
    for mount in dict.fromkeys(route.mount for route in routes if route.mount):
        levels.append([number for number, route in enumerate(routes, 1) if route.mount == mount])
    route_sql = f"coalesce({', '.join(chosen_of(level) for level in levels)})" if len(levels) > 1 else chosen_of(levels[0])

    def source_column(name: str, sql_type: str, default: str | None) -> str:
        return f"({by_route(column(name, default), default or 'null')})::{sql_type} as {name}"

    mapped_columns = [
        f"({by_route(started_at)})::timestamp as started_at"
        if column_.name == "started_at"
        else source_column(column_.name, column_.sql_type, column_.default)
        for column_ in _SOURCE_COLUMNS
        if column_.name != "usage_origin"
    ]
    units_known = "coalesce(" + ", ".join(QUANTITIES) + ") is not null"
    origin = by_route(column("usage_origin", None))
    tags_sql = by_route(tags)
    mapped_select_list = f"""
            {passed}route,
            {by_route(lambda r: quote_literal(r.source_id))} as source,
            {by_route(lambda r: sql(r, r.source.issuer))} as issuer,
            coalesce({by_route(lambda r: sql(r, r.source.keeps), "false")}, false) as kept,
            {by_route(bad)} as bad_field,
            coalesce({by_route(lambda r: sql(r, r.source.needs_parts), "false")}, false) as needs_parts,
            {by_route(lambda r: "true" if r.source.weak_ids else "false")} as weak_ids,
            ({tags_sql})::varchar as tags_raw,
            ({origin})::varchar as stated_origin,
            {", ".join(mapped_columns)}
    """
    mapped = f"select {mapped_select_list} from ({_layers(routes, extracted, layout, route_sql, computed, steps, pieces)})"
    pointers = list(dict.fromkeys(key for keys in attribution.values() for key in keys))
    pointer_list = "[" + ", ".join(quote_literal(json_pointer(key)) for key in pointers) + "]"
    place = {key: number for number, key in enumerate(pointers, 1)}

    def attributed(name: str) -> str:
        keys = attribution.get(name, ())
        found = [f"nullif(tag_values[{place[key]}], '')" for key in keys]
        parts = [name, *found]
        return f"coalesce({', '.join(parts)}) as {name}" if found else name

    assumed = f"{assumed_time}::timestamp" if assumed_time else "null::timestamp"
    columns = []
    for column_ in COLUMNS:
        name = column_.name
        if name in WHO:
            columns.append(attributed(name))
        elif name == "started_at":
            columns.append(f"coalesce(started_at, {assumed}) as started_at")
        elif name == "time_origin":
            columns.append("case when started_at is null then 'assumed' else 'log' end as time_origin")
        elif name == "usage_origin":
            columns.append(f"coalesce(stated_origin, case when {units_known} then 'billed' else 'unknown' end) as usage_origin")
        else:
            columns.append(name)
    tagged = f"""
        select *, case when tags is not null then json_extract_string(tags, {pointer_list}) end as tag_values
        from (select * exclude (tags_raw), nullif(clean_tags(tags_raw), '{{}}') as tags from ({mapped}))
    """
    complete = f"""
        select
            {passed}route, kept, needs_parts, weak_ids,
            case
                when bad_field is not null then bad_field || ', not a count'
                when started_at is null and {assumed} is null then 'no time'
            end as bad,
            (started_at is not null and date_part('microseconds', started_at) % 1000000 <> 0)
                or trace_id is not null or latency_ms is not null as near_unique,
            {", ".join(columns)}
        from ({tagged})
    """
    strong = "request_id is not null and not (weak_ids and is_weak_id(request_id))"
    return f"""
        select
            *,
            case when {strong} then
                case when part = 0 then md5(concat_ws(chr(31), 'id', issuer, request_id))
                     else md5(concat_ws(chr(31), 'id', issuer, request_id, part::varchar)) end::uuid
            end as row_key
        from ({complete})
    """


def _layers(
    routes: Sequence[Route], extracted: str, layout: Layout, route_sql: str, computed: Computed, steps: Mapping[str, str],
    pieces: Mapping[str, str],
) -> str:
    """The layers below the mapping, each a projection of its own so that nothing in them is computed twice."""
    relation = extracted
    if layout.second_step:
        relation = f"select *, {', '.join(layout.second_step)} from ({relation})"
    for layer in (computed.values, computed.parses):
        if layer:
            relation = f"select *, {', '.join(f'{sql} as {name}' for sql, name in layer.items())} from ({relation})"
    if steps:
        relation = f"select *, {', '.join(f'{sql} as {name}' for name, sql in steps.items())} from ({relation})"
    envelope = f", {ENVELOPE_VALUES}" if any(route.mount for route in routes) else ""
    relation = f"select *, ({route_sql})::tinyint as route{envelope} from ({relation})"
    if pieces:
        relation = f"select *, {', '.join(f'{sql} as {name}' for name, sql in pieces.items())} from ({relation})"
    return relation


def json_pointer(key: str) -> str:
    """JSON pointer to a top-level key, so that no key can be taken for a path."""
    return "/" + key.replace("~", "~0").replace("/", "~1")


TOTAL_TOKENS = " + ".join(f"coalesce({name}, 0)" for name in LEAF_TOKENS)
"""SQL: all tokens of a record."""
