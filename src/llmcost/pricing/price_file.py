"""One layer of a price list: a price file, or the packaged tail, with its models still to be built."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from llmcost.config.yaml import Document, read_document
from llmcost.domain.errors import ConfigError
from llmcost.pricing import price_terms
from llmcost.pricing.price_entries import Entries
from llmcost.pricing.price_list import TAIL

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from llmcost.domain.fx import Rates
    from llmcost.pricing.agreements import Allowance, Contract, Provisioned, SelfHosted
    from llmcost.pricing.findings import PriceFinding
    from llmcost.pricing.price_list import Alias, Model, Prefix, When
    from llmcost.pricing.price_values import Path_

SCHEMA = "llmcost-pricing/1"
CATALOGUE_SCHEMA = "llmcost-catalogue/1"
_KEYS = (
    *("schema", "currency", "as_of", "sources", "models", "aliases", "prefixes", "deployments"),
    *("contracts", "self_hosted", "provisioned", "allowances", "fx"),
)


class Entry(NamedTuple):
    """A model of a layer before it is built."""

    names: tuple[str, ...]
    """Lower-case names as written, its own first."""
    of: str | None
    """Id of the model it costs as much as."""
    takes_names: bool
    """Whether it has another's names, too, because none were written: a packaged copy its origin's, a user's entry those the
    layers below have for the same id."""
    path: Path_


@dataclass(frozen=True, kw_only=True)
class PriceFile:
    """One layer of a price list."""

    path: Path
    layer: str
    """TAIL, built-in, user or project."""
    currency: str
    as_of: str
    digest: str | None
    """Hash of the file's text, where that stands for its content: the packaged layers."""
    sources: Mapping[str, str]
    checked: Mapping[str, str]
    entries: Mapping[str, Entry]
    """By id."""
    hosted: Mapping[str, Model] = field(default_factory=dict)
    aliases: tuple[Alias, ...] = ()
    prefixes: tuple[Prefix, ...] = ()
    contracts: tuple[Contract, ...] = ()
    self_hosted: tuple[SelfHosted, ...] = ()
    provisioned: tuple[Provisioned, ...] = ()
    allowances: tuple[Allowance, ...] = ()
    fx: Mapping[str, Rates] = field(default_factory=dict)
    document: Document = field(repr=False)
    found: list[PriceFinding] | None = field(default=None, repr=False)

    def reader(self, id_: str) -> tuple[Entries, Path_]:
        """What reads an entry, and where it stands for it."""
        path = self.entries[id_].path
        if self.layer == TAIL:
            document = Document(name=f"{self.path.name} {id_}", value=self.document.at(*path), root=None)
            return Entries(document, self.sources, layer=self.layer), ()
        return Entries(self.document, self.sources, self.found, layer=self.layer), path

    def model(self, id_: str) -> Model:
        """Build a model that has prices of its own; PriceFileError where something in it is wrong."""
        if id_ in self.hosted:
            return self.hosted[id_]
        reader, path = self.reader(id_)
        reader.check_id(id_, (*path, "id"))
        return reader.model(id_, path)

    def copy(self, id_: str, names: tuple[str, ...], origin: Model, *, dated: bool) -> Model:
        """Build a model that costs what another one costs; `dated` as in Model, where the file does not say."""
        reader, path = self.reader(id_)
        reader.check_id(id_, (*path, "id"))
        reader.keys(path, ("id", "match", "same_as", "conditions", "fees", "multipliers", "note"))
        kept = reader.conditions(path)
        fees = reader.fees(path)
        multipliers = reader.multipliers(path)
        stated = reader.dated(path)

        def carries(when: When) -> bool:
            return {*when.values, *(("clock",) if when.clock is not None else ())} <= kept

        return replace(
            origin,
            id=id_,
            names=names,
            dated=dated if stated is None else stated,
            prices=tuple(
                replace(
                    price,
                    fees={**price.fees, **fees},
                    variants=tuple(one for one in price.variants if carries(one.when)),
                    multipliers=(*(one for one in price.multipliers if carries(one.when)), *multipliers),
                )
                for price in origin.prices
            ),
            place=reader.place(*path, "id"),
            layer=self.layer,
        )

    def place(self, id_: str) -> str:
        """Where an entry was written, for messages."""
        if id_ in self.hosted:
            return self.hosted[id_].place
        reader, path = self.reader(id_)
        return reader.place(*path, "id")


def read_price_file(path: Path, *, layer: str = "project", packaged: bool = False) -> PriceFile:
    """Read one price file; ConfigError names the place of the first mistake outside its models.

    Models are checked when they are built. A packaged file is taken to be what its text says: its hash is its content's.
    """
    document = read_document(path)
    text = path.read_text("utf-8") if packaged else None
    return price_file(document, path, layer=layer, digest=None if text is None else sha256(text.encode()).hexdigest())


def price_file(
    document: Document,
    path: Path,
    *,
    layer: str,
    digest: str | None = None,
    found: list[PriceFinding] | None = None,
) -> PriceFile:
    """What a document says; mistakes go into `found` where that is given, and are raised if not."""
    if not isinstance(document.value, dict) or document.value.get("schema") != SCHEMA:
        raise document.error(f"expected 'schema: {SCHEMA}'", "schema")
    sources: dict[str, str] = {}
    checked: dict[str, str] = {}
    reader = Entries(document, sources, found, layer=layer)
    reader.keys((), _KEYS)
    currency = reader.text(("currency",))
    if not re.fullmatch("[A-Z]{3}", currency):
        raise reader.error(f"currency {currency!r} is not an ISO 4217 code such as USD", "currency")
    as_of = reader.time(("as_of",)).date().isoformat()
    if reader.has((), "sources"):
        for key in reader.mapping(("sources",)):
            with reader.part():
                reader.keys(("sources", key), ("url", "checked", "note", "licence"))
                sources[key] = reader.text(("sources", key, "url"))
                if reader.has(("sources", key), "checked"):
                    checked[key] = reader.time(("sources", key, "checked")).date().isoformat()
    entries = _entries(reader, restates=digest is None)
    hosted, hardware = price_terms.self_hosted(reader)
    for id_, model in hosted.items():
        if id_ in entries:
            raise ConfigError(f"{model.place}: model {id_!r} is listed twice")
        entries[id_] = Entry(model.names, None, takes_names=False, path=())
    return PriceFile(
        path=path,
        layer=layer,
        currency=currency,
        as_of=as_of,
        digest=digest,
        sources=sources,
        checked=checked,
        entries=entries,
        hosted=hosted,
        aliases=price_terms.aliases(reader),
        prefixes=price_terms.listed(reader, "prefixes", price_terms.prefix),
        contracts=price_terms.contracts(reader),
        self_hosted=hardware,
        provisioned=price_terms.listed(reader, "provisioned", price_terms.provisioned),
        allowances=price_terms.listed(reader, "allowances", price_terms.allowance),
        fx=price_terms.exchange_rates(reader),
        document=document,
        found=found,
    )


def _entries(reader: Entries, *, restates: bool) -> dict[str, Entry]:
    """Every model by id, without a look at its prices; `restates` where the file may lie over another with the same ids."""
    entries: dict[str, Entry] = {}
    for path in reader.items("models"):
        with reader.part():
            id_ = reader.id((*path, "id"))
            if id_ in entries:
                raise reader.error(f"model {id_!r} is listed twice", *path, "id", code="listed-twice")
            of = reader.text((*path, "same_as")) if reader.has(path, "same_as") else None
            names = reader.names(id_, path)
            matched = reader.has(path, "match")
            listed = matched and reader.has((*path, "match"), "exact")
            takes = not matched if restates else of is not None and not listed
            entries[id_] = Entry(names, of, takes, path)
    return entries


def read_catalogue(path: Path) -> PriceFile:
    """Read the packaged tail: docs/decisions/0009-price-catalogue-layers.md says how it is written."""
    try:
        text = gzip.decompress(path.read_bytes())
        value: Any = json.loads(text)
    except (OSError, EOFError, ValueError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}", hint="install llmcost again") from None
    if not isinstance(value, dict) or value.get("schema") != CATALOGUE_SCHEMA:
        raise ConfigError(f"{path}: expected the schema {CATALOGUE_SCHEMA!r}", hint="install llmcost again")
    document = Document(name=path.name, value=value, root=None)
    reader = Entries(document, value["sources"])
    entries: dict[str, Entry] = {}
    for id_, model in value["models"].items():
        own = id_.partition("/")[2].lower()
        others = model["match"].get("exact", ()) if "match" in model else ()
        names = (own, *(name.lower() for name in others)) if others else (own,)
        entries[id_] = Entry(names, None, False, ("models", id_))
    return PriceFile(
        path=path,
        layer=TAIL,
        currency=value["currency"],
        as_of=value["as_of"],
        digest=sha256(text).hexdigest(),
        sources={key: one["url"] for key, one in value["sources"].items()},
        checked={key: one["checked"] for key, one in value["sources"].items() if "checked" in one},
        entries=entries,
        aliases=price_terms.aliases(reader),
        prefixes=price_terms.listed(reader, "prefixes", price_terms.prefix),
        document=document,
    )
