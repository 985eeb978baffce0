-- What every mapping may use. Counts and amounts arrive as text, so that nothing is rounded on the way in.

-- A whole count up to 2^53, or null: '12' and '12.0' are, '1.5', '12a', '-1', ' 12' and '0x10' are not. Nor is '1.000',
-- which is a thousand in half of Europe.
create or replace temp macro count_of(x) as
    case
        when try_cast(x as uinteger)::varchar = x then try_cast(x as uinteger)
        when x is not null then list_filter(
            [try_cast(regexp_extract(x, '^([0-9]{1,16})(\.0{1,2}|\.0{4,})?$', 1) as bigint)],
            lambda n: n <= 9007199254740992)[1]
    end;

-- Something stands here that is not a count.
create or replace temp macro bad_count(x) as x is not null and count_of(x) is null;

-- Text, or null when empty.
create or replace temp macro filled(x) as nullif(x, '');

-- An amount of money, exact to 12 places; null when it is not a number or does not fit.
create or replace temp macro amount(x) as try_cast(x as decimal(18, 12));

-- An amount of a bill or of another sum, which may be larger. Two amounts are added as sums: DuckDB 1.5 gives the sum of two
-- decimal(18, 12) no more room than they have, and ends the query.
create or replace temp macro sum_amount(x) as try_cast(x as decimal(24, 12));

-- A real number such as a latency; null when not finite.
create or replace temp macro number_of(x) as case when isfinite(try_cast(x as double)) then try_cast(x as double) end;

-- Unix time in s, ms, us or ns, told by its digits, of which there are so many from 2001 to 2286. A date without marks, such as
-- 20261110080000, has another number of them.
create or replace temp macro instant_of_number(x) as
    case
        when regexp_full_match(x, '[0-9]{10}(\.[0-9]+)?')
            then make_timestamp((try_cast(x as decimal(38, 9)) * 1000000)::bigint)
        when regexp_full_match(x, '[0-9]{13}(\.[0-9]+)?')
            then make_timestamp((try_cast(x as decimal(38, 9)) * 1000)::bigint)
        when regexp_full_match(x, '[0-9]{16}') then make_timestamp(try_cast(x as bigint))
        when regexp_full_match(x, '[0-9]{19}') then make_timestamp(try_cast(x as bigint) // 1000)
    end;

-- A time whose year was written with four digits: DuckDB takes 4/1/25 for 25 January of the year 4, and infinity and epoch for
-- times.
create or replace temp macro dated(t, x) as
    case when t >= timestamp '1000-01-01' and t < timestamp '9999-01-01' and (t <> timestamp '1970-01-01' or length(x) > 5) then t end;

-- The same with seconds, which DuckDB 1.5 wants before an offset.
create or replace temp macro to_the_second(x) as regexp_replace(x, '^(.{11}[0-9]{2}:[0-9]{2})([+-])', '\1:00\2');

-- ISO 8601 as DuckDB wants it: a point before the fraction, capitals, marks between the numbers, and minutes and seconds. Null for
-- other text.
create or replace temp macro marked(x) as
    case when regexp_matches(x, '^[0-9]{4}-?[0-9]{2}-?[0-9]{2}[Tt ][0-9]{2}') then
        replace(
            regexp_replace(
                regexp_replace(
                    regexp_replace(upper(replace(x, ',', '.')), '^([0-9]{4})-?([0-9]{2})-?([0-9]{2})T', '\1-\2-\3T'),
                    '^(.{13}):?([0-9]{2}):?([0-9]{2})', '\1:\2:\3'
                ),
                '^(.{13}):?([0-9]{2})?(Z|[+-].*)?$', '\1:\2:00\3'
            ),
            '::', ':00:'
        )
    end;

-- A point in time as UTC: ISO 8601 with or without offset, or Unix time. What is rare stands in a list: behind `coalesce`, what is
-- named twice is worked out for every row, and `dated` names its time four times.
create or replace temp macro instant(x) as
    coalesce(
        dated(
            case
                when substr(x, 20) similar to '(\.[0-9]+)?Z?' and not (length(x) < 20 and regexp_matches(substr(x, 11), '[+-]'))
                    then try_cast(x as timestamp)
                else timezone('UTC', try_cast(to_the_second(x) as timestamptz))
            end,
            x
        ),
        instant_of_number(x),
        list_filter([timezone('UTC', try_cast(marked(x) as timestamptz))], lambda t: dated(t, x) is not null)[1]
    );

-- Whether this is meant to be a time, readable or not. Small numbers are durations, or stand for none; the words are what
-- programs write where there is nothing, as the first instant of the year 1 is what Go and .NET do.
create or replace temp macro states_time(x) as
    lower(trim(x)) not in ('', 'none', 'null', 'nan', 'nat') and not starts_with(trim(x), '0001-01-01')
    and coalesce(try_cast(x as double) >= 1e7, true);

-- The time of a text without an offset, however the date is written; null where there is an offset or another text. What tells
-- is behind the date: Z, +02:00 or the name of a zone.
create or replace temp macro time_without_offset(x) as
    case when not regexp_matches(regexp_extract(trim(x), '[Tt ](.*)$', 1), '[+A-Za-z-]') then
        coalesce(dated(try_cast(x as timestamp), x), dated(try_cast(marked(trim(x)) as timestamp), x))
    end;

-- What is left of an inclusive total once its parts are taken out. Parts larger than the total mean that the total
-- did not include them.
create or replace temp macro beyond(total, parts) as
    case when coalesce(parts, 0) > total then total else total - coalesce(parts, 0) end;

-- Milliseconds between two instants.
create or replace temp macro elapsed_ms(since, until) as
    case when until >= since then date_diff('microsecond', since, until) * 0.001::double end;

-- Milliseconds that a call lasted, from a number in units of so many milliseconds; null where it is none, and where it is more than
-- the year that no call lasts: the time it began is worked out from it.
create or replace temp macro lasted_ms(x, unit) as
    case when number_of(x) between 0 and 31536000000 / unit then number_of(x) * unit end;

-- One of several words, 'a|b|c'. DuckDB makes a hash join of a long IN list, and of list_contains with a constant list,
-- which costs more memory than all the rest.
create or replace temp macro one_of(x, words) as regexp_full_match(x, words);

-- A flag in any spelling.
create or replace temp macro flag(x) as regexp_full_match(lower(x), 'true|1|yes|hit');

-- JSON that may stand inside a string. DuckDB writes values without white space around them, so that the first character
-- tells a string without another parse.
create or replace temp macro unwrapped(j) as
    case when starts_with(j, '"') then try_cast(json_extract_string(j, '$') as json) else j end;

-- The object at hand, or null: lists and scalars hold no tags.
create or replace temp macro object_only(j) as case when json_type(j) = 'OBJECT' then j end;

-- The value of a top-level key as text; any key is only a key, never a path.
create or replace temp macro value_of(j, k) as
    json_extract_string(j, '/' || replace(replace(k, '~', '~0'), '/', '~1'));

-- Tags travel as pairs, the inside of a JSON object: '"k":"v","l":"w"', null when there are none.

-- One pair, null without a value. Gateways write placeholders where nobody is known.
create or replace temp macro pair(k, v) as
    case when v <> '' and v <> 'default_user_id' then to_json(k) || ':' || to_json(v) end;

-- The pairs of an object; lists and scalars hold none.
create or replace temp macro pairs_of(j) as
    case
        when json_type(j) = 'OBJECT' then substr(j::varchar, 2, length(j::varchar) - 2)
        when json_type(j) = 'VARCHAR' and json_type(unwrapped(j)) = 'OBJECT'
            then substr(unwrapped(j)::varchar, 2, length(unwrapped(j)::varchar) - 2)
    end;

-- A JSON list as a list of texts.
create or replace temp macro list_of(j) as
    case
        when json_type(j) = 'ARRAY' then from_json(j, '["VARCHAR"]')
        when json_type(j) = 'VARCHAR' and json_type(unwrapped(j)) = 'ARRAY' then from_json(unwrapped(j), '["VARCHAR"]')
    end;

-- 'feature:chat' is a pair; 'User-Agent: curl' and 'https://x' are not.
create or replace temp macro is_pair(s) as regexp_matches(s, '^[A-Za-z_][\w.-]*:[^/]') and not starts_with(s, 'User-Agent');

-- ['feature:chat', 'beta', 'User-Agent: x'] as "feature":"chat","request_tags":"beta": what is left of a list stays one
-- value, so that no sum counts a request twice.
create or replace temp macro pairs_of_list(l, rest_key) as
    concat_ws(',',
        list_aggregate(list_transform(l, lambda s:
            case when is_pair(s) then to_json(split_part(s, ':', 1)) || ':' || to_json(trim(substr(s, strpos(s, ':') + 1))) end),
            'string_agg', ','),
        to_json(rest_key) || ':' || to_json(list_aggregate(list_transform(l, lambda s:
            case when not is_pair(s) and not starts_with(s, 'User-Agent') then s end), 'string_agg', ',')));

-- One scalar as a pair; text longer than a label, or that looks like an object or a list, is not a tag.
create or replace temp macro scalar_pair(k, v) as
    case when length(v) between 1 and 1000 and not regexp_matches(left(v, 1), '[{\[]') then to_json(k) || ':' || to_json(v) end;

-- The same for every scalar key of an object but those in `without`.
create or replace temp macro pairs_of_scalars(j, without) as
    list_aggregate(list_transform(
        list_filter(list_zip(json_keys(j), json_extract(j, '$.*')),
            lambda e: not list_contains(without, e[1]) and not regexp_matches(left(e[2]::varchar, 1), '[{\[n]')
                and length(json_extract_string(e[2], '$')) between 1 and 1000
                and not regexp_matches(left(json_extract_string(e[2], '$'), 1), '[{\[]')),
        lambda e: to_json(e[1]) || ':'
            || case when left(e[2]::varchar, 1) = '"' then e[2]::varchar else '"' || e[2]::varchar || '"' end), 'string_agg', ',');

-- Keys by which logs keep prompts and answers; `envelope.TEXT_KEYS`.
create or replace temp macro text_keys() as
    'prompts?|inputs?|outputs?|completion|text|content|messages?|question|answer|system|system_prompt|instructions|query'
    || '|user_message|assistant_message|user_prompt|user_input|response_text|request_body|raw_request|error_message|headers';

-- Whether a value says something: not empty, no placeholder for nobody, and no words of a prompt or an answer. A name such as
-- "faq" under `query` is none; what is inside lists and objects is looked at as well.
create or replace temp macro is_tag(k, v) as
    v not in ('', 'default_user_id') and not starts_with(k, 'User-Agent') and k <> 'tfy_log_request'
    and not (regexp_full_match(k, text_keys()) and (length(v) > 64 or regexp_matches(v, '\s|^[{\[]')))
    and not (regexp_matches(v, '^[{\[]') and regexp_matches(v, '"(' || text_keys() || ')"\s*:'));

-- The first value of a key that says something, of several with that key.
create or replace temp macro told(t, k) as
    list_filter(
        list_concat([value_of(t, k)], list_transform(
            list_filter(list_zip(json_keys(t), json_extract(t, '$.*')), lambda e: e[1] = k),
            lambda e: json_extract_string(e[2], '$'))),
        lambda v: is_tag(k, v))[1];

-- Tags of which something may have to be looked at closely: a value that is no text, empty or a placeholder, a key that may hold
-- no tag, or a character that is escaped.
create or replace temp macro are_unclean(t) as
    regexp_matches(t, ':\s*([^"\s]|""|"default_user_id")|"(' || text_keys() || ')"\s*:');

create or replace temp macro are_unusual(t) as are_unclean(t) or regexp_matches(t, '\\|"(User-Agent|tfy_log_request)');

-- Tags as a JSON object of non-empty strings with sorted, distinct keys. A look at each value costs four times as much as the rest.
create or replace temp macro canonical_tags(t) as
    '{' || coalesce(list_aggregate(case
        when are_unusual(t) then list_transform(list_sort(list_distinct(json_keys(t))),
            lambda k: to_json(k) || ':' || to_json(told(t, k)))
        else list_transform(list_sort(list_distinct(json_keys(t))),
            lambda k: to_json(k) || ':' || to_json(value_of(t, k)))
        end, 'string_agg', ','), '') || '}';

-- Most tags are clean already and pass as they are.
create or replace temp macro clean_tags(t) as case when are_unclean(t) then canonical_tags(t) else t end;

-- Ids that a local server may hand out again: a placeholder, a bare small number, or a word with a small number.
create or replace temp macro is_weak_id(x) as
    length(x) < 4 or regexp_full_match(x, '(?i)[a-z]*[-_]?[0-9]{1,4}|none|null|unknown|undefined|default|chatcmpl|test|string');


-- Tokens of one modality in a list of {modality, tokenCount}; null when the list does not name it.
create or replace temp macro modality_tokens(details, name) as
    case when contains(details::varchar, name) then list_sum(list_transform(json_extract(details, '$[*]'), lambda d:
        case when list_contains([name, 'MediaModality.' || name], json_extract_string(d, '/modality'))
            then count_of(coalesce(json_extract_string(d, '/tokenCount'), json_extract_string(d, '/token_count'))) end))::bigint
    end;

-- The sum of the counts `of` in a list of objects, of those whose `kind` is `name`; null when the list does not name it.
create or replace temp macro listed_count(list, kind, name, of) as
    case when contains(list::varchar, name) then list_sum(list_transform(json_extract(list, '$[*]'), lambda d:
        case when value_of(d, kind) = name then count_of(value_of(d, of)) end))::bigint
    end;
