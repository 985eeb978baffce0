"""Counting tokens where a log kept text and no usage: tiktoken if its ranks are on this machine, else an estimate.

tiktoken fetches missing rank files over the network, without a timeout. Here it only ever runs when the file is already
in its cache and intact; nothing is fetched. Every other text is estimated at one token per four UTF-8 bytes, rounded up:
close for English prose, high for long words of other alphabets, and marked `estimate` wherever it is used.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, Literal

BYTES_PER_TOKEN = 4
"""What an estimated token stands for."""

_RANKS = "https://openaipublic.blob.core.windows.net/encodings/{name}.tiktoken"
"""The addresses tiktoken's cache files are named after."""

_HASHES = {
    "cl100k_base": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    "o200k_base": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    "p50k_base": "94b5ca7dff4d00767bc256fdd1b27e5b17361d7b8a5f968547f9f23eb70d2069",
    "r50k_base": "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930",
}
"""SHA-256 of the rank files; tiktoken would fetch again a file that differs."""


def count_tokens(text: str, model: str | None) -> tuple[int, Literal["tokenizer", "estimate"]]:
    """Tokens of a text as `model` would count them, and how they were counted."""
    encoding = _encoding(model.rpartition("/")[2].lower()) if model else None
    if encoding is not None:
        return len(encoding.encode_ordinary(text)), "tokenizer"
    return -(-len(text.encode("utf-8", "surrogatepass")) // BYTES_PER_TOKEN), "estimate"


@cache
def _encoding(model: str) -> Any | None:
    """Tokenizer of an OpenAI model, or None if there is none or its ranks are not on this machine."""
    import tiktoken

    try:
        name = tiktoken.encoding_name_for_model(model)
    except KeyError:
        return None
    return tiktoken.get_encoding(name) if _is_cached(name) else None


def _is_cached(name: str) -> bool:
    expected = _HASHES.get(name)
    folder = os.environ.get("TIKTOKEN_CACHE_DIR", os.environ.get("DATA_GYM_CACHE_DIR"))
    if expected is None or folder == "":
        return False
    directory = Path(tempfile.gettempdir(), "data-gym-cache") if folder is None else Path(folder)
    address = _RANKS.format(name=name).encode()
    try:
        data = (directory / hashlib.sha1(address, usedforsecurity=False).hexdigest()).read_bytes()
    except OSError:
        return False
    return hashlib.sha256(data).hexdigest() == expected
