"""Stand-ins for the APIs of OpenAI and Anthropic on this machine: what an answer used follows from the words of the prompt.

OpenAI: 100 tokens in for each word, 40 of them from the cache; 10 out, 4 of them reasoning. Anthropic: 60 in beside 30 read
from the cache and 10 written to it, 10 out. A prompt with the word `fail` is answered with 500.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

_NUMBERS = count(1)


def _openai(model: str, words: int) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-standin{next(_NUMBERS):06}",
        "object": "chat.completion",
        "created": 1793700000,
        "model": model,
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "fine"}}],
        "usage": {
            "prompt_tokens": 100 * words,
            "completion_tokens": 10 * words,
            "total_tokens": 110 * words,
            "prompt_tokens_details": {"cached_tokens": 40 * words},
            "completion_tokens_details": {"reasoning_tokens": 4 * words},
        },
    }


def _anthropic(model: str, words: int) -> dict[str, Any]:
    return {
        "id": f"msg_01standin{next(_NUMBERS):06}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [{"type": "text", "text": "fine"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": 60 * words,
            "cache_read_input_tokens": 30 * words,
            "cache_creation_input_tokens": 10 * words,
            "cache_creation": {"ephemeral_5m_input_tokens": 10 * words, "ephemeral_1h_input_tokens": 0},
            "output_tokens": 10 * words,
        },
    }


def _text(content: Any) -> str:
    """A message's text, plain or in parts."""
    return content if isinstance(content, str) else " ".join(part["text"] for part in content)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        text = _text(asked["messages"][0]["content"])
        answer = (_anthropic if "/messages" in self.path else _openai)(asked["model"], len(text.split()))
        failed = "fail" in text.split()
        body = json.dumps({"error": {"message": "no", "type": "server_error"}} if failed else answer).encode()
        self.send_response(500 if failed else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving() -> Iterator[str]:
    """The address, for the length of the block."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
