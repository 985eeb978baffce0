"""A LiteLLM proxy that gives out the rows of a log: `proxy.py LOG` prints its address and answers until it is ended.

The rows are kept as the bytes they are answered with, so that what is measured is whoever asks.
"""

import json
import sys
from bisect import bisect_left, bisect_right
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

_COUNTED = 10_000
"""Rows the real proxy counts to."""


def rows(log: Path) -> tuple[list[str], list[bytes]]:
    """Start and text of every call that can be read, each once, in order of time."""
    found: dict[str, tuple[str, bytes]] = {}
    for line in log.read_bytes().splitlines():
        try:
            record = json.loads(line)
            found.setdefault(record["request_id"], (record["startTime"], line))
        except (ValueError, TypeError, KeyError):
            continue
    ordered = sorted(found.values())
    return [start for start, _ in ordered], [line for _, line in ordered]


def handler(starts: list[str], lines: list[bytes]) -> type[BaseHTTPRequestHandler]:
    """Answers of `/spend/logs/v2`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            first = bisect_left(starts, query["start_date"].replace(" ", "T"))
            last = bisect_right(starts, query["end_date"].replace(" ", "T"))
            size, page = int(query["page_size"]), int(query["page"])
            begin = first + (page - 1) * size
            total = min(last - first, _COUNTED)
            counts = {"total": total, "page": page, "total_is_capped": last - first > _COUNTED}
            body = (
                b'{"data": ['
                + b",".join(lines[begin : min(begin + size, last)])
                + b"], "
                + json.dumps(counts)[1:].encode()
            )
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


def main() -> None:
    """Serve until the process is ended."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler(*rows(Path(sys.argv[1])))) as server:
        print(f"http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
