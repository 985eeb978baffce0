"""Write the packaged long tail of prices from files of public catalogues.

    python -m tools.catalogue --genai FILE --litellm FILE --retired FILE --earlier 2026-09-22=FILE --as-of 2026-11-12

Works offline, from files. What the tail held before stays in it (see combine.py). A report of disputed and left-out models goes
to stdout, for review; the data goes to src/llmcost/pricing/catalogue.json.gz.
"""

from __future__ import annotations

import argparse
import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmcost.pricing.layers import built_in, merge
from llmcost.pricing.matching import match_model
from llmcost.pricing.price_file import read_price_file
from llmcost.pricing.update.convert_genai import convert_genai
from llmcost.pricing.update.convert_litellm import convert_litellm, read_litellm
from llmcost.pricing.update.read_genai import read_genai
from tools.combine import AGREED, DISPUTED, RETIRED, combine, grown

if TYPE_CHECKING:
    from llmcost.pricing.price_list import PriceList
    from llmcost.pricing.update.entries import Converted

CATALOGUE = Path(__file__).parents[1] / "src/llmcost/pricing/catalogue.json.gz"
SCHEMA = "llmcost-catalogue/1"
EARLIER = "litellm-"
"""How the source of a price from an earlier map begins; the day follows."""
GENAI_URL = "https://github.com/pydantic/genai-prices"
LITELLM_URL = "https://github.com/BerriAI/litellm/blob/main/model_prices_and_context_window.json"


def main() -> None:
    """Read the arguments, write the catalogue, print the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--genai", type=Path, required=True, help="data.json or data.py of genai-prices")
    parser.add_argument("--litellm", type=Path, required=True, help="LiteLLM's model map")
    parser.add_argument("--retired", type=Path, required=True, help="an old copy of the map, as tokencost keeps one")
    parser.add_argument(
        *("--earlier", "-e"),
        action="append",
        default=[],
        metavar="DAY=FILE",
        help="LiteLLM's map of an earlier release, for models it no longer lists; may be repeated",
    )
    parser.add_argument("--as-of", required=True, help="the day of the newest file, YYYY-MM-DD")
    parser.add_argument("--to", type=Path, default=CATALOGUE, help="where to write")
    given = parser.parse_args()

    genai = convert_genai(read_genai(given.genai.read_bytes(), str(given.genai)))
    litellm = convert_litellm(read_litellm(given.litellm.read_bytes(), str(given.litellm)))
    old = convert_litellm(read_litellm(given.retired.read_bytes(), str(given.retired)), source=RETIRED)
    reviewed = Reviewed(given.as_of)
    earlier = [_earlier(*one.split("=", 1)) for one in sorted(given.earlier)]
    # The later of two maps that list a retired model knows its last price; what the tail has of tokencost stays as it is.
    retired = {id_: entry for one in (*earlier, old) for id_, entry in one.entries.items()}
    tail = combine(genai.entries, litellm.entries, retired, as_of=given.as_of, reviewed=reviewed)
    before = unpack(given.to) if given.to.exists() else {}
    kept = {id_: entry for id_, entry in before.get("models", {}).items() if not reviewed(id_)}
    models = grown(kept, tail.models, as_of=given.as_of)
    given.to.write_bytes(pack(models, as_of=given.as_of))

    print(f"{len(models)} models, {given.to.stat().st_size} bytes; {len(tail.disputed)} disputed")
    for id_, said in sorted(tail.disputed.items()):
        print(f"disputed  {id_}: {said}")
    for source in (genai, litellm, old):
        for key, why in sorted(source.left_out.items()):
            print(f"left out  {source.name} {key}: {why}")


def _earlier(day: str, file: str) -> Converted:
    return convert_litellm(read_litellm(Path(file).read_bytes(), file), source=f"{EARLIER}{day}")


class Reviewed:
    """Whether pricing.yaml prices an id, under its own name or another."""

    def __init__(self, as_of: str) -> None:
        self.prices = _reviewed_list()
        self.at = datetime.fromisoformat(as_of).replace(tzinfo=UTC)

    def __call__(self, id_: str) -> bool:
        """Look the name up as a log would be."""
        provider, _, name = id_.partition("/")
        match = match_model(self.prices, provider, name, at=self.at)
        return match is not None and match.model.provider == provider


def _reviewed_list() -> PriceList:
    """pricing.yaml alone, without the tail that is being made."""
    return merge([read_price_file(built_in(), layer="built-in", packaged=True)])


def pack(models: dict[str, Any], *, as_of: str) -> bytes:
    """The catalogue's bytes: equal content is equal bytes."""
    used = {price["source"] for model in models.values() for price in model["prices"]}
    content = {
        "schema": SCHEMA,
        "currency": "USD",
        "as_of": as_of,
        "sources": {
            AGREED: {"url": GENAI_URL, "checked": as_of, "note": "genai-prices and LiteLLM agree"},
            DISPUTED: {"url": GENAI_URL, "checked": as_of, "note": "genai-prices and LiteLLM differ"},
            "genai-prices": {"url": GENAI_URL, "checked": as_of, "note": "genai-prices alone"},
            "litellm": {"url": LITELLM_URL, "checked": as_of, "note": "LiteLLM alone"},
            RETIRED: {
                "url": "https://github.com/AgentOps-AI/tokencost",
                "checked": "2025-08-13",
                "note": "LiteLLM's map of that day, for models it no longer lists",
            },
            **{
                source: {
                    "url": LITELLM_URL,
                    "checked": source.removeprefix(EARLIER),
                    "note": "LiteLLM's map of that day, for models it no longer lists",
                }
                for source in used
                if source.startswith(EARLIER)
            },
        },
        "models": models,
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return gzip.compress(text.encode(), 9, mtime=0)


def unpack(path: Path) -> dict[str, Any]:
    """The catalogue as it was written."""
    found: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
    return found


if __name__ == "__main__":
    main()
