"""Price files laid over each other: which model, name, alias and agreement of which file counts."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from llmcost.domain.errors import ConfigError
from llmcost.pricing.agreements import Allowance, Provisioned
from llmcost.pricing.price_file import PriceFile, read_catalogue, read_price_file
from llmcost.pricing.price_list import Models, PriceList, plain_json
from llmcost.pricing.user_files import user_files

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence

    from llmcost.pricing.price_list import Alias, Model

_Term = TypeVar("_Term", Provisioned, Allowance)

CATALOGUE = Path(__file__).with_name("catalogue.json.gz")


def files(extra: Sequence[Path], environ: Mapping[str, str] = os.environ) -> Iterator[PriceFile]:
    """Every layer, the lowest first: the packaged tail, the reviewed list, the user's files, the project's."""
    if CATALOGUE.exists():
        yield _tail(CATALOGUE, _looks(CATALOGUE))
    yield _reviewed(built_in(), _looks(built_in()))
    for path in user_files(environ):
        yield read_price_file(path, layer="user")
    for path in extra:
        yield read_price_file(path, layer="project")


def below(path: Path) -> Iterator[PriceFile]:
    """The packaged layers a file lies over; fewer where it is one of them."""
    if CATALOGUE.exists():
        yield _tail(CATALOGUE, _looks(CATALOGUE))
    if path.resolve() != built_in().resolve():
        yield _reviewed(built_in(), _looks(built_in()))


def _looks(path: Path) -> tuple[int, int]:
    """What tells that a file has changed: when it was, and its size."""
    found = path.stat()
    return found.st_mtime_ns, found.st_size


# Reading the packaged layers is most of loading a list, and one process may load several.
@lru_cache(maxsize=1)
def _tail(path: Path, looks: tuple[int, int]) -> PriceFile:
    return read_catalogue(path)


@lru_cache(maxsize=1)
def _reviewed(path: Path, looks: tuple[int, int]) -> PriceFile:
    return read_price_file(path, layer="built-in", packaged=True)


def built_in() -> Path:
    """The reviewed list: beside this file once installed, at the root of the sources."""
    packaged = Path(__file__).with_name("pricing.yaml")
    return packaged if packaged.exists() else Path(__file__).parents[3] / "pricing.yaml"


def merge(layers: Sequence[PriceFile]) -> PriceList:
    """One price list of layers, the lowest first. ConfigError where a layer does not fit those below it."""
    first = layers[0]
    for layer in layers:
        if layer.currency != first.currency:
            raise ConfigError(
                f"{layer.path}: prices are in {layer.currency}, the built-in ones in {first.currency}",
                hint="one ledger has one price currency; convert the file's prices",
            )
    models = _Layered(layers)
    latest = list(reversed(layers))
    # What people wrote is checked whole; what was packaged was checked before, and is built as it is asked for.
    for rank, layer in enumerate(layers):
        if layer.digest is None:
            for id_ in layer.entries:
                models.build(id_, rank)
    return PriceList(
        currency=first.currency,
        as_of=max(layer.as_of for layer in layers),
        models=models,
        aliases=tuple(_ranked(models, layers)),
        prefixes=tuple(
            sorted((prefix for layer in latest for prefix in layer.prefixes), key=lambda one: -len(one.text))
        ),
        sources={key: url for layer in layers for key, url in layer.sources.items()},
        checked={key: day for layer in layers for key, day in layer.checked.items()},
        contracts=tuple(one for layer in latest for one in layer.contracts),
        self_hosted=tuple(
            one for rank, layer in enumerate(layers) for one in layer.self_hosted if models.rank(one.id) == rank
        ),
        provisioned=_latest([layer.provisioned for layer in latest], lambda one: (one.provider, one.name)),
        allowances=_latest([layer.allowances for layer in latest], lambda one: (one.provider, one.group, one.unit)),
        fx={currency: rates for layer in layers for currency, rates in layer.fx.items()},
        digest=_digest(layers, models),
    )


def _latest(layers: Sequence[Sequence[_Term]], name: Callable[[_Term], Hashable]) -> tuple[_Term, ...]:
    """Everything of the first layer, and of each further one what those before do not name."""
    found: list[_Term] = []
    for layer in layers:
        known = {name(one) for one in found}
        found.extend(one for one in layer if name(one) not in known)
    return tuple(found)


def _ranked(models: _Layered, layers: Sequence[PriceFile]) -> Iterator[Alias]:
    """Aliases, those of later layers first, each checked against the names of its own layer and those below."""
    for rank, layer in reversed(list(enumerate(layers))):
        for alias in layer.aliases:
            if alias.to not in models:
                raise ConfigError(f"{alias.place}: no model {alias.to!r} in the price list")
            owner = models.names.get((alias.provider, alias.name))
            if owner is None or alias.deployment:
                yield alias
                continue
            if models.rank(owner) == rank:
                raise ConfigError(f"{alias.place}: alias {alias.name!r} is already the exact name of {owner!r}")
            yield replace(alias, overrides=models.rank(owner) < rank)


def _digest(layers: Sequence[PriceFile], models: _Layered) -> str:
    """Hash of everything that decides what a call costs."""
    whole = sha256()
    for rank, layer in enumerate(layers):
        if layer.digest is not None:
            whole.update(layer.digest.encode())
            continue
        whole.update(
            plain_json(
                {
                    "models": {id_: models.build(id_, rank) for id_ in sorted(layer.entries)},
                    "rest": [
                        *(layer.as_of, dict(layer.sources), layer.aliases, layer.prefixes, layer.contracts),
                        *(layer.self_hosted, layer.provisioned, layer.allowances),
                        {
                            currency: [(day.isoformat(), rate) for day, rate in layer.fx[currency]]
                            for currency in layer.fx
                        },
                    ],
                }
            )
        )
    return whole.hexdigest()


class _Layered(Models):
    """Models of several layers, each built when it is first asked for."""

    def __init__(self, layers: Sequence[PriceFile]) -> None:
        self._layers = layers
        self._ranks: dict[str, int] = {}
        self._built: dict[tuple[int, str], Model] = {}
        for rank, layer in enumerate(layers):
            self._ranks.update(dict.fromkeys(layer.entries, rank))
        # By rank, so that a name two layers claim is the later one's.
        self._names: dict[tuple[str, str], str] = {}
        for rank, layer in enumerate(layers):
            claimed: dict[tuple[str, str], str] = {}
            for id_, entry in layer.entries.items():
                if self._ranks[id_] != rank:
                    continue
                provider = id_.partition("/")[0]
                for name in self._named(id_, rank) if entry.takes_names else entry.names:
                    other = claimed.setdefault((provider, name), id_)
                    if other != id_:
                        raise ConfigError(
                            f"{layer.place(id_)}: {provider} name {name!r} already belongs to {other!r} "
                            f"({layer.place(other)})"
                        )
            self._names.update(claimed)

    @property
    def names(self) -> Mapping[tuple[str, str], str]:
        """Provider and lower-case name -> id."""
        return self._names

    @property
    def looked_up(self) -> frozenset[str]:
        """Ids of the models built so far."""
        return frozenset(id_ for rank, id_ in self._built if self._ranks[id_] == rank)

    def rank(self, id_: str) -> int:
        """Which layer a model is of; the lowest is 0."""
        return self._ranks[id_]

    def __getitem__(self, id_: str) -> Model:
        return self.build(id_, self._ranks[id_])

    def __contains__(self, id_: object) -> bool:
        return id_ in self._ranks

    def __iter__(self) -> Iterator[str]:
        return iter(self._ranks)

    def __len__(self) -> int:
        return len(self._ranks)

    def build(self, id_: str, rank: int) -> Model:
        """The model a layer has, itself or as a copy of one of the same layer or of those below."""
        known = self._built.get((rank, id_))
        if known is None:
            layer = self._layers[rank]
            entry = layer.entries[id_]
            lender = self._lender(id_, rank) if entry.takes_names else None
            if entry.of is None:
                known = layer.model(id_)
                if lender is not None:
                    known = replace(known, names=self._named(id_, rank), dated=self.build(*lender).dated)
            else:
                origin = self._origin(id_, rank)
                if lender is None and layer.digest is not None:
                    lender = origin
                dated = lender is not None and self.build(*lender).dated
                known = layer.copy(id_, self._named(id_, rank), self.build(*origin), dated=dated)
            self._built[rank, id_] = known
        return known

    def _origin(self, id_: str, rank: int) -> tuple[str, int]:
        """Id and layer of the model a copy is of; ConfigError where copies lead back to one of them."""
        chain = [(id_, rank)]
        while self._layers[chain[-1][1]].entries[chain[-1][0]].of is not None:
            chain.append(self._copied(*chain[-1]))
            if chain[-1] in chain[:-1]:
                raise ConfigError(f"{self._layers[rank].place(id_)}: same_as leads back to {chain[-1][0]!r}")
        return chain[1]

    def _copied(self, id_: str, rank: int) -> tuple[str, int]:
        """Id and layer of the model that `same_as` names."""
        of = self._layers[rank].entries[id_].of
        for below in range(rank, -1, -1):
            if of is not None and of in self._layers[below].entries and (below, of) != (rank, id_):
                return of, below
        raise ConfigError(
            f"{self._layers[rank].place(id_)}: same_as names {of!r}, which is no model of this file or those below"
        )

    def _below(self, id_: str, rank: int) -> tuple[str, int] | None:
        """The same model in the next layer below that has it."""
        return next(((id_, below) for below in range(rank - 1, -1, -1) if id_ in self._layers[below].entries), None)

    def _lender(self, id_: str, rank: int) -> tuple[str, int] | None:
        """Whose names an entry takes: of the packaged ones a copy its origin's, a user's entry those of its id in the layers below."""
        return self._below(id_, rank) if self._layers[rank].digest is None else self._origin(id_, rank)

    def _named(self, id_: str, rank: int) -> tuple[str, ...]:
        """Names of an entry, its own first, with those it takes from others."""
        names: list[str] = []
        at: tuple[str, int] | None = (id_, rank)
        while at is not None:
            entry = self._layers[at[1]].entries[at[0]]
            first, *others = entry.names
            names.extend((*others, first) if names else entry.names)
            at = self._lender(*at) if entry.takes_names else None
        return tuple(dict.fromkeys(names))
