"""Which prices an update is about: those at and below the file it writes, and never what a project has agreed on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost.pricing.price_file import read_price_file
from llmcost.pricing.price_list import load_price_list
from llmcost.pricing.update.write import user_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from llmcost.pricing.price_list import PriceList


def scope_of(target: Path, project: Sequence[Path]) -> tuple[PriceList, frozenset[str]]:
    """The list to bring up to date by writing `target`, and ids of models that are none of its business.

    `project` are the files a project names. A file of the user's holds for every project, so theirs are not read for it. One
    that lies above the user's is part of the list itself, and leaves alone what other files of the project price.
    """
    if target.resolve().parent == user_folder().resolve():
        return load_price_list(), frozenset()
    others = [path for path in project if path.resolve() != target.resolve()]
    apart = frozenset(id_ for path in others for id_ in read_price_file(path).entries)
    return load_price_list([target] if target.exists() else []), apart
