"""Tokens are counted without ever using the network."""

import hashlib

import pytest

from llmcost.pricing import tokenizer
from llmcost.pricing.tokenizer import count_tokens


@pytest.fixture(autouse=True)
def nothing_cached(tmp_path, monkeypatch):
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    tokenizer._encoding.cache_clear()
    yield tmp_path
    tokenizer._encoding.cache_clear()


def test_without_ranks_an_openai_text_is_estimated():
    assert count_tokens("twelve bytes", "gpt-4o") == (3, "estimate")


def test_an_estimate_rounds_up_and_counts_bytes():
    assert count_tokens("", None) == (0, "estimate")
    assert count_tokens("a", "claude-sonnet-4-5") == (1, "estimate")
    assert count_tokens("日本語", "claude-sonnet-4-5") == (3, "estimate")
    assert count_tokens("\ud800", None) == (1, "estimate")


def test_a_damaged_rank_file_counts_as_missing(nothing_cached):
    name = hashlib.sha1(b"https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken").hexdigest()  # noqa: S324
    (nothing_cached / name).write_bytes(b"broken")
    assert count_tokens("twelve bytes", "openai/gpt-4o") == (3, "estimate")
    assert (nothing_cached / name).exists()


def test_an_intact_rank_file_is_used(nothing_cached, monkeypatch):
    ranks = b"whatever tiktoken would accept"
    address = "https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken"
    (nothing_cached / hashlib.sha1(address.encode()).hexdigest()).write_bytes(ranks)  # noqa: S324
    monkeypatch.setitem(tokenizer._HASHES, "o200k_base", hashlib.sha256(ranks).hexdigest())

    import tiktoken

    class Bytes:
        def encode_ordinary(self, text):
            return list(text.encode())

    monkeypatch.setattr(tiktoken, "get_encoding", lambda _: Bytes())
    assert count_tokens("abc", "openai/gpt-4o") == (3, "tokenizer")
