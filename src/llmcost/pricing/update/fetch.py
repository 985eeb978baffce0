"""Where a catalogue comes from: a file, an address, or its name alone."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from llmcost.domain.errors import DataError, UsageError
from llmcost.domain.text import nearest
from llmcost.net.download import LIMIT, Cached, download
from llmcost.pricing.update import convert_genai, convert_litellm
from llmcost.pricing.update.convert_genai import convert_genai as from_genai
from llmcost.pricing.update.convert_litellm import convert_litellm as from_litellm
from llmcost.pricing.update.convert_litellm import read_litellm
from llmcost.pricing.update.read_genai import read_genai

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmcost.pricing.update.entries import Converted


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """A public catalogue that can be named instead of located."""

    url: str
    """Where its makers publish it."""
    package: str
    """Python package that carries a copy."""
    file: str
    """The copy within the package."""


CATALOGUES: Mapping[str, Catalogue] = {
    convert_genai.NAME: Catalogue(
        url="https://raw.githubusercontent.com/pydantic/genai-prices/refs/heads/main/prices/new_data/v2/data.json",
        package="genai_prices",
        file="data.py",
    ),
    convert_litellm.NAME: Catalogue(
        url="https://raw.githubusercontent.com/BerriAI/litellm/main/model_prices_and_context_window.json",
        package="litellm",
        file="model_prices_and_context_window_backup.json",
    ),
}


def fetch(place: str, *, offline: bool, environ: Mapping[str, str] = os.environ) -> Converted:
    """A catalogue, read and converted.

    `place` is a file, an https address, or a name of CATALOGUES: that is fetched from its makers, or, `offline`, read from the
    installed package. Raises UsageError, DataError or UpstreamError, naming the place.
    """
    if place in CATALOGUES:
        catalogue = CATALOGUES[place]
        if offline:
            path = _installed(place, catalogue)
            return parse(_file(path), str(path))
        return parse(download(catalogue.url, cache=cache(environ)), catalogue.url)
    if "://" in place:
        if offline:
            raise UsageError(f"--from {place}: an address cannot be read with --offline")
        return parse(download(place, cache=cache(environ)), place)
    if not Path(place).exists():
        near = nearest(place, CATALOGUES)
        raise UsageError(
            f"--from {place}: no such file", hint=near or f"name a file, an https address, {' or '.join(CATALOGUES)}"
        )
    return parse(_file(Path(place)), place)


def parse(content: bytes, name: str) -> Converted:
    """Tell a catalogue by its content, and convert it; DataError when it is none that we know."""
    start = content.lstrip()[:1]
    if start == b"{":
        return from_litellm(read_litellm(content, name))
    return from_genai(read_genai(content, name))


def cache(environ: Mapping[str, str] = os.environ) -> Cached:
    """Downloads, below $XDG_CACHE_HOME or ~/.cache."""
    base = environ.get("XDG_CACHE_HOME")
    return Cached(folder=(Path(base) if base else Path.home() / ".cache") / "llmcost" / "prices")


def _installed(name: str, catalogue: Catalogue) -> Path:
    # find_spec of a top-level package runs nothing of it.
    spec = find_spec(catalogue.package)
    if spec is None or spec.origin is None:
        raise UsageError(
            f"--from {name}: the package {catalogue.package} is not installed",
            hint=f"leave out --offline, or download {catalogue.url} and name the file",
        )
    return Path(spec.origin).with_name(catalogue.file)


def _file(path: Path) -> bytes:
    try:
        if path.stat().st_size > LIMIT:
            raise DataError(f"{path}: larger than {LIMIT // 1024 // 1024} MiB")
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from error
