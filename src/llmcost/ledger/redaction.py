"""What is left of requests, aggregates and texts when a customer or user is forgotten, as SQL.

The rows that are of the subject keep when, which model, how much and at what cost, and lose who: `customer_id` and `user_id`
become `forgotten`, sessions, traces and hashes of prompts null, and of the tags only those stay that fill columns about the
product (team, feature, environment and the like). In every other text the id is replaced where it stands as a word of its own;
but where a customer or user is named it is replaced only if it is all of the name: `acme-labs` is somebody else than `acme`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, get_args

from llmcost.domain.request import WHO
from llmcost.ledger.identifiers import quote_identifier, quote_literal

if TYPE_CHECKING:
    from llmcost.ledger.connection import Connection

MASK = "forgotten"
"""What stands where an id was."""

Subject = Literal["customer", "user"]
SUBJECTS: tuple[Subject, ...] = get_args(Subject)
_COLUMN = {"customer": "customer_id", "user": "user_id"}
SUBJECT_COLUMNS = tuple(_COLUMN.values())
"""Columns whose value is the id of a customer or user."""
PRIVATE = ("session_id", "trace_id", "parent_id", "prompt_hash")
"""Columns that are null in rows of a subject."""
_IDENTIFYING = frozenset({"customer_id", "user_id", "session_id"})
JSON_OBJECTS = frozenset({"tags", "dimensions"})
"""Columns that hold a JSON object of texts."""

MODEL_NAMES = frozenset({"request_model", "response_model", "model"})
"""Columns with the name of a model. What it is priced by stays; the owner's part of a fine-tuned model's name may hold an id."""

_TEXTS = frozenset(
    {
        *(*WHO, "trace_id", "parent_id", "prompt_hash", "request_id", "tags", "dimensions", "stated_who", "scope"),
        *("error_type", *MODEL_NAMES),
    }
)
"""Columns of requests, aggregates and outcomes in which an id may stand; others speak of prices and sources."""

# `forgotten_value` holds the ids at hand in the clear, for as long as the connection lives.
_MACROS = f"""
create or replace temp macro forget_words(text, word) as
    case when word is null or word = '' or not contains(text, word) then text
         else regexp_replace(regexp_replace(text,
             '(^|[^\\p{{L}}\\p{{N}}])\\Q' || replace(word, '\\E', '\\E\\\\E\\Q') || '\\E($|[^\\p{{L}}\\p{{N}}])', '\\1{MASK}\\2', 'g'),
             '(^|[^\\p{{L}}\\p{{N}}])\\Q' || replace(word, '\\E', '\\E\\\\E\\Q') || '\\E($|[^\\p{{L}}\\p{{N}}])', '\\1{MASK}\\2', 'g') end;
create or replace temp macro forget_id(text, word) as case when text = word then '{MASK}' else text end;
create or replace temp macro forget_owner(text, word) as
    case when regexp_matches(text, '^([^:]*/)?ft:')
         then regexp_extract(text, '^([^:]*/)?ft:[^:]*') || forget_words(regexp_replace(text, '^([^:]*/)?ft:[^:]*', ''), word)
         else text end;
create or replace temp macro forget_value(name, text, word, ids) as
    case when list_contains(ids, name) then forget_id(text, word) else forget_words(text, word) end;
create or replace temp macro forget_member(object, name) as
    json_extract_string(object, '/' || replace(replace(name, '~', '~0'), '/', '~1'));
create or replace temp macro forget_key(name, word, known) as
    case when list_contains(known, name) then name else forget_words(name, word) end;
create or replace temp macro forget_in_object(object, word, ids, known) as
    '{{' || coalesce(list_aggregate(list_transform(json_keys(object), lambda name:
        to_json(forget_key(name, word, known)) || ':'
        || coalesce(to_json(forget_value(name, forget_member(object, name), word, ids))::varchar, 'null')), 'string_agg', ','), '')
    || '}}';
create or replace temp macro forget_of_owner(object, word, ids, known, hidden, lost) as
    '{{' || coalesce(list_aggregate(list_transform(json_keys(object), lambda name:
        to_json(forget_key(name, word, known)) || ':'
        || coalesce(case when list_contains(lost, name) then null
            when list_contains(hidden, name) and forget_member(object, name) is not null then to_json('{MASK}')::varchar
            else to_json(forget_value(name, forget_member(object, name), word, ids))::varchar end, 'null')), 'string_agg', ','), '')
    || '}}';
create or replace temp macro forget_in_values(text, word, others) as (
    select case when after = before then text
        else '[' || list_aggregate(list_transform(after, lambda one: coalesce(to_json(one)::varchar, 'null')), 'string_agg', ', ') || ']' end
    from (select before, list_transform(before, lambda one:
        case when list_contains(others, one) then one else forget_words(one, word) end) as after
    from (select json_extract_string(text, '$[*]') as before)));
create or replace temp macro forget_stated(stated, word, ids) as
    list_aggregate(list_transform(string_split(stated, chr(31)), lambda pair:
        split_part(pair, '=', 1) || '=' || forget_value(split_part(pair, '=', 1), pair[strpos(pair, '=') + 1:], word, ids)),
        'string_agg', chr(31));
create or replace temp macro forget_tags(tags, word, keep, blank, ids) as
    nullif('{{' || coalesce(list_aggregate(list_transform(
        list_filter(list_sort(json_keys(tags)), lambda name: list_contains(keep, name) or list_contains(blank, name)),
        lambda name: to_json(name) || ':' || to_json(
            case when list_contains(blank, name) then '{MASK}' else forget_value(name, forget_member(tags, name), word, ids) end)),
        'string_agg', ','), '') || '}}', '{{}}');
"""


def declare(connection: "Connection") -> None:
    """Define the macros that the expressions here use."""
    connection.execute(_MACROS)


def redacted(relation: str, key: str, columns: Mapping[str, str], attribution: Mapping[str, Sequence[str]]) -> str:
    """SELECT of a relation without who the rows were for that are in the temporary table `forgotten_key`.

    `columns` are the relation's columns and their types. `forgotten_key` has `row_key`, the subject's id in the clear as
    `word` where it is known, and `is_customer`: whether a customer is forgotten, or only a user.
    """
    replaced = []
    for name, kind in columns.items():
        if kind.upper() != "VARCHAR" or name not in _TEXTS:
            continue
        own = f"rows_here.{quote_identifier(name)}"
        if name in SUBJECT_COLUMNS:
            hidden = "gone.is_customer" if name == "customer_id" else "true"
            changed = f"case when {own} is not null and {hidden} then {quote_literal(MASK)} else {own} end"
        elif name in PRIVATE:
            changed = "null"
        elif name == "tags":
            changed = (
                f"case when gone.is_customer then {_tags(own, attribution, SUBJECTS)} "
                f"else {_tags(own, attribution, ('user',))} end"
            )
        else:
            changed = replaced_in(name, own, "gone.word", attribution)
        replaced.append(f"case when gone.row_key is null then {own} else {changed} end as {quote_identifier(name)}")
    return (
        f"select rows_here.* replace ({', '.join(replaced)}) from {relation} as rows_here "
        f"left join forgotten_key as gone on gone.row_key = rows_here.{quote_identifier(key)}"
    )


def masked(relation: str, changes: Mapping[str, str], word: str) -> str:
    """SELECT of a relation with the SQL of `changes` in place of each column of that name that holds the SQL text `word`."""
    replaced = [
        f"case when contains({(own := quote_identifier(name))}, {word}) then {changed} else {own} end as {own}"
        for name, changed in changes.items()
    ]
    return f"select * replace ({', '.join(replaced)}) from {relation}" if replaced else f"select * from {relation}"


def replaced_in(name: str, own: str, word: str, attribution: Mapping[str, Sequence[str]]) -> str:
    """SQL for a column's text `own` with the SQL text `word` replaced by the mask."""
    ids = _list(subject_keys(attribution))
    if name in SUBJECT_COLUMNS:
        return f"forget_id({own}, {word})"
    if name in JSON_OBJECTS:
        return f"forget_in_object({own}, {word}, {ids}, {_list(_known_keys(attribution))})"
    if name == "stated_who":
        return f"forget_stated({own}, {word}, {ids})"
    if name in MODEL_NAMES:
        return f"forget_owner({own}, {word})"
    return f"forget_words({own}, {word})"


def subject_keys(attribution: Mapping[str, Sequence[str]]) -> list[str]:
    """Keys of tags, and columns, whose value is the id of a customer or user."""
    return list(dict.fromkeys(key for name in SUBJECT_COLUMNS for key in (name, *attribution.get(name, ()))))


def _known_keys(attribution: Mapping[str, Sequence[str]]) -> list[str]:
    """Keys of tags that say what a value is: they are nobody's id, though a customer may be called `team`."""
    return list(dict.fromkeys((*WHO, *(key for keys in attribution.values() for key in keys))))


def dimensions_without(subject: Subject, own: str, word: str, attribution: Mapping[str, Sequence[str]]) -> str:
    """SQL for the dimensions `own` of a subject's outcome: who it was of is masked or null, as in a request of theirs."""
    hidden = _list(hidden_with(subject))
    ids, known = _list(subject_keys(attribution)), _list(_known_keys(attribution))
    return f"forget_of_owner({own}, {word}, {ids}, {known}, {hidden}, {_list(PRIVATE)})"


def hidden_with(subject: Subject) -> tuple[str, ...]:
    """The columns that are masked in rows of a subject: the users of a customer go with it."""
    return SUBJECT_COLUMNS if subject == "customer" else (_COLUMN[subject],)


def replaced_in_values(own: str, word: str, others: Iterable[str]) -> str:
    """SQL for a JSON list of texts with `word` replaced by the mask, but not within those that are one of `others`."""
    return f"forget_in_values({own}, {word}, {_list(others)})"


def other_ids(connection: "Connection", table: str, word: str) -> list[str]:
    """Other customers and users with the id in theirs, where a table names them in columns that do not say so."""
    if table == "chargeback":
        listed = ", ".join(map(quote_literal, SUBJECT_COLUMNS))
        sql = f"""
            select distinct unnest(json_extract_string(content, '$.allocation.lines[*].owner')) as owner
            from ledger.chargeback where dimension in ({listed}) order by owner
        """
    elif table == "alert_state":
        sql = " union ".join(
            f"select {name} as id from ledger.{rows} where contains({name}, $word)"
            for name in SUBJECT_COLUMNS
            for rows in ("request", "usage_bucket")
        )
    else:
        return []
    rows = connection.execute(sql, {"word": word} if "$word" in sql else {}).fetchall()
    return sorted(one for (one,) in rows if one and one != word and word in one)


def texts_of(columns: Mapping[str, str]) -> list[str]:
    """Those columns of requests, aggregates or outcomes in which an id may stand."""
    return [name for name, kind in columns.items() if kind.upper() == "VARCHAR" and name in _TEXTS]


def is_distinctive(word: str) -> bool:
    """Whether an id can be told from other words. `42` may be anything; it is only taken out where it stands as an id."""
    return len(word) >= (6 if word.isdecimal() else 4)


def columns_of(connection: "Connection", relation: str) -> dict[str, str]:
    """Names and types of a relation's columns."""
    return {row[0]: str(row[1]) for row in connection.execute(f"describe select * from {relation}").fetchall()}


def _tags(own: str, attribution: Mapping[str, Sequence[str]], subjects: Sequence[str]) -> str:
    """SQL for the tags that stay: what fills columns about the product; the subject's own keys with the mask."""
    blank = [key for subject in subjects for key in attribution.get(_COLUMN[subject], ())]
    hidden = {_COLUMN[subject] for subject in subjects} | (_IDENTIFYING - {"customer_id"})
    keep = [key for column in WHO if column not in hidden for key in attribution.get(column, ()) if key not in blank]
    ids = _list(subject_keys(attribution))
    return f"forget_tags({own}, gone.word, {_list(keep)}, {_list(blank)}, {ids})"


def _list(names: Iterable[str]) -> str:
    return f"cast([{', '.join(map(quote_literal, names))}] as varchar[])"
