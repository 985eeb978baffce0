"""A user's own mapping file as a source.

title: billing export of the image service
fields:
  timestamp: created            # a column; where none has this very name, dots reach into objects
  provider: {const: openai}     # a fixed value
  model: model
  input_tokens: usage.in        # field names are those of the native record
  output_tokens: usage.out
  reported_cost: {column: price, unit: cents}
tz: Europe/Berlin               # of times without an offset; UTC
input_includes_cache: true      # whether input_tokens counts cache reads and writes; true
output_includes_reasoning: true # whether output_tokens counts reasoning; true
tags: all                       # or a list of columns; default: every column no field uses
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from llmcost.config.yaml import Document, check_keys, read_document
from llmcost.domain.errors import UsageError
from llmcost.domain.request import COLUMN, WHO
from llmcost.ingest.source import Source
from llmcost.ingest.sources import generic
from llmcost.ledger.identifiers import quote_literal

_TOP = ("title", "fields", "tz", "input_includes_cache", "output_includes_reasoning", "tags")
_UNITS = {"usd": "1", "cents": "0.01", "micro_usd": "0.000001", "nano_usd": "0.000000001"}

_COUNTS = {
    "cache_read_input_tokens": "cache_read_tokens",
    "cache_write_5m_input_tokens": "cache_write_5m_tokens",
    "cache_write_1h_input_tokens": "cache_write_1h_tokens",
    "reasoning_output_tokens": "reasoning_tokens",
    "input_audio_tokens": "input_audio_tokens",
    "output_audio_tokens": "output_audio_tokens",
    "input_image_tokens": "input_image_tokens",
    "output_image_tokens": "output_image_tokens",
    "web_searches": "web_searches",
    "rerank_searches": "rerank_searches",
    "images": "images",
    "characters": "characters",
    "pages": "pages",
    "file_searches": "file_searches",
    "code_sessions": "code_sessions",
    "map_searches": "map_searches",
    "citation_tokens": "citation_tokens",
}
_SECONDS = ("audio_seconds", "video_seconds")
_TEXTS = (
    *("request_id", "provider", "response_model", "operation", "status", "error_type", "service_tier", "processing"),
    *("speed", "inference_region", "trace_id", "parent_id", "session_id", "api_key_id", "virtual_account", "project"),
    *("prompt_hash", "reported_currency", "unit_size"),
)
_NUMBERS = ("latency_ms", "time_to_first_token_ms", "temperature")
_INTEGERS = ("http_status", "attempt", "max_output_tokens")
_FLAGS = ("stream", "gateway_cached")
_TAGGED = tuple(name for name in WHO if name not in {"session_id", "api_key_id", "virtual_account", "project"})
_QUANTITIES = frozenset({"input_tokens", "output_tokens", *_SECONDS, "reported_cost", *_COUNTS})
_DECISIVE = {"timestamp", *_QUANTITIES}
_QUOTES = "a name such as 123, true or null stands in quotes; one with a double quote in it cannot be named"
FIELDS = (
    *("timestamp", "ended_at", "model", "input_tokens", "output_tokens", "reported_cost", *_SECONDS),
    *_COUNTS,
    *_TEXTS,
    *_NUMBERS,
    *_INTEGERS,
    *_FLAGS,
    *_TAGGED,
)
"""Every field a mapping may fill."""


def read_mapping(path: Path) -> Source:
    """The mapping in a file. Raises ConfigError naming line and column of what is wrong."""
    return mapping_of(read_document(path))


def mapping_of(document: Document) -> Source:
    """The mapping a document holds. Raises ConfigError naming line and column of what is wrong."""
    if not isinstance(document.value, dict) or not isinstance(document.value.get("fields"), dict):
        raise document.error(
            "a mapping needs `fields:`", hint="`llmcost ingest --suggest-map FILE` prints a first draft for your file"
        )
    check_keys(document, (), _TOP)
    check_keys(document, ("fields",), FIELDS)
    if "timestamp" not in document.value["fields"]:
        raise document.error("no `timestamp` in fields", "fields", hint="name the column that says when a call began")
    if not _QUANTITIES & set(document.value["fields"]):
        raise document.error(
            "fields name no quantity", "fields", hint="name at least the columns of input_tokens and output_tokens"
        )
    return _Builder(document).source()


class _Builder:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.value: Mapping[str, Any] = document.value
        self.fields: Mapping[str, Any] = document.value["fields"]
        self.zone = self._zone()

    def source(self) -> Source:
        fields = dict(self._columns())
        return Source(
            title=str(self.value.get("title", "mapped file")),
            issuer="'generic'",
            claims="true",
            fields=fields,
            amounts=dict(self._amounts(fields)),
            steps=self._steps(),
            tags=tuple(self._tags()),
            whole=True,
            weak_ids=True,
            columns=dict(self._named()),
            decisive=frozenset(
                column for name in _DECISIVE if name in self.fields and (column := self._column_name(name)) is not None
            ),
            revision=generic.source.revision,
        )

    def _zone(self) -> str:
        from llmcost.domain.period import time_zone

        name = str(self.value.get("tz", "UTC"))
        try:
            time_zone(name)
        except UsageError as error:
            raise self.document.error(error.message, "tz", hint=error.hint) from error
        return name

    def _mark(self, name: str, sigil: str = "@") -> str:
        """The mark of the column a field names, or its fixed value."""
        given = self.fields[name]
        if isinstance(given, dict):
            check_keys(self.document, ("fields", name), ("column", "const", "unit"))
            if "const" in given:
                return quote_literal(str(given["const"]))
            given = given.get("column")
        if given == "???":
            raise self.document.error(
                f"{name} is still ???", "fields", name, hint="name the column that holds it, or drop the line"
            )
        if not isinstance(given, str) or not given or '"' in given:
            raise self.document.error(f"{name} needs the name of a column", "fields", name, hint=_QUOTES)
        return _place(given, sigil)

    def _count(self, name: str) -> str:
        """A count, or zero where the mapping has no such column."""
        return self._mark(name, "#") if name in self.fields else "null"

    def _steps(self) -> dict[str, str]:
        inside = [n for n in _COUNTS if n.startswith(("cache_", "input_")) and n in self.fields]
        beside = [n for n in _COUNTS if n.startswith(("reasoning_", "output_")) and n in self.fields]
        return {
            "input": self._count("input_tokens"),
            "output": self._count("output_tokens"),
            "in_parts": " + ".join(f"coalesce({self._mark(n, '#')}, 0)" for n in inside) or "0",
            "out_parts": " + ".join(f"coalesce({self._mark(n, '#')}, 0)" for n in beside) or "0",
        }

    def _amounts(self, fields: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, str]]]:
        for name in (*_SECONDS, "reported_cost"):
            if name in self.fields and (column := self._column_name(name)) is not None:
                yield column, (f"filled({self._mark(name)})", fields[name])

    def _columns(self) -> Iterator[tuple[str, str]]:
        yield "started_at", self._time("timestamp")
        if "ended_at" in self.fields:
            yield "ended_at", self._time("ended_at")
        if "model" in self.fields:
            yield "request_model", f"filled({self._mark('model')})"
        includes = self._flag("input_includes_cache"), self._flag("output_includes_reasoning")
        yield "uncached_input_tokens", "beyond($input, $in_parts)" if includes[0] else "$input"
        yield "output_text_tokens", "beyond($output, $out_parts)" if includes[1] else "$output"
        for name, column in _COUNTS.items():
            if name in self.fields:
                yield column, self._mark(name, "#")
        for name in _SECONDS:
            if name in self.fields:
                yield name, f"try_cast({self._mark(name)} as decimal(18, 6))"
        for name in _TEXTS:
            if name in self.fields and name != "reported_currency":
                yield name, f"filled({self._mark(name)})"
        for name in (*_NUMBERS, *_INTEGERS):
            if name in self.fields:
                yield name, f"try_cast(number_of({self._mark(name)}) as {COLUMN[name].sql_type})"
        for name in _FLAGS:
            if name in self.fields:
                yield name, f"flag({self._mark(name)})"
        if "reported_cost" in self.fields:
            yield (
                "reported_cost",
                # Fifteen places before the point: a nano unit needs them for what the ledger has room for.
                f"try_cast(try_cast({self._mark('reported_cost')} as decimal(27, 12)) * {self._unit()} as decimal(18, 12))",
            )
            currency = self._mark("reported_currency") if "reported_currency" in self.fields else "'USD'"
            yield "reported_currency", currency
            yield "reported_by", "'log'"

    def _flag(self, name: str) -> bool:
        given = self.value.get(name, True)
        if isinstance(given, str) and given.lower() in {"yes", "no"}:
            given = given.lower() == "yes"
        if not isinstance(given, bool):
            raise self.document.error(f"{name} is true or false", name)
        return given

    def _unit(self) -> str:
        given = self.fields["reported_cost"]
        unit = given.get("unit", "usd") if isinstance(given, dict) else "usd"
        if unit not in _UNITS:
            raise self.document.error(
                f"unknown unit {unit!r}", "fields", "reported_cost", "unit", hint=f"one of {', '.join(_UNITS)}"
            )
        return f"{_UNITS[unit]}::decimal(10, 9)"

    def _time(self, name: str) -> str:
        mark = self._mark(name)
        if self.zone == "UTC":
            return f"instant({mark})"
        zone = quote_literal(self.zone)
        return f"coalesce(timezone('UTC', timezone({zone}, time_without_offset({mark}))), instant({mark}))"

    def _tags(self) -> Iterator[str]:
        for name in _TAGGED:
            if name in self.fields:
                yield f"pair({quote_literal(name)}, {self._mark(name)})"
        given = self.value.get("tags", "all")
        if isinstance(given, list):
            for n, column in enumerate(given):
                if not isinstance(column, str) or not column or '"' in column:
                    raise self.document.error("a tag is the name of a column", "tags", n, hint=_QUOTES)
                yield f"pair({quote_literal(column)}, {_place(column)})"
            return
        if given != "all":
            raise self.document.error("tags is `all` or a list of columns", "tags")
        used = [self._column_name(name) for name in self.fields]
        without = ", ".join(quote_literal(name) for name in used if name) or "''"
        yield f"pairs_of_scalars(@@, [{without}])"

    def _named(self) -> Iterator[tuple[str, str]]:
        """Each column in use, and where it is named."""
        for name in self.fields:
            if (column := self._column_name(name)) is not None:
                yield column, self.document.place("fields", name)
        given = self.value.get("tags")
        for n, column in enumerate(given if isinstance(given, list) else ()):
            yield column, self.document.place("tags", n)

    def _column_name(self, name: str) -> str | None:
        given = self.fields[name]
        if isinstance(given, dict):
            given = given.get("column")
        return given if isinstance(given, str) else None


def _place(column: str, sigil: str = "@") -> str:
    """The mark of a column of this very name or, where there is none, of what its dots reach into."""
    keys = column.split(".")
    exact = f'{sigil}"{column}"'
    if len(keys) == 1 or not all(keys):
        return exact
    return f"coalesce({exact}, {sigil}" + ".".join(f'"{key}"' for key in keys) + ")"
