"""Replace the prompt in each record of a log by a sketch of its words, so that near repeats can be found without the text.

    SKETCH_KEY=... python examples/waste/sketch.py prompt < with-text.jsonl > log.jsonl

The argument names the key that holds what the user wrote; leave fixed instructions out, or all calls look alike. The sketch is
the SimHash of Charikar (https://www.cs.princeton.edu/courses/archive/spring04/cos598B/bib/CharikarEstim.pdf): every five letters in
a row, in lower case and with a # for each number or id, are hashed to 64 bits; a bit of the sketch is what most of them have there.

A sketch tells which prompts resemble each other, and whoever has the key can try whether a guessed text fits. So the key is a
secret like a password, the same for all logs that are to be compared.
"""

import json
import os
import re
import sys
import unicodedata
from hashlib import blake2b

BITS = 64
LETTERS = 5
_VARIABLE = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]*\d[0-9a-f]*")
_BETWEEN = re.compile(r"[^\w#]+")


def sketch(text: str, key: bytes) -> str:
    """The sketch of a text in sixteen hexadecimal digits."""
    lower = unicodedata.normalize("NFKC", text).casefold()
    words = _BETWEEN.sub(" ", _VARIABLE.sub("#", lower)).strip()
    pieces = {words[start : start + LETTERS] for start in range(max(1, len(words) - LETTERS + 1))}
    hashes = [
        int.from_bytes(blake2b(piece.encode(), digest_size=BITS // 8, key=key).digest(), "big") for piece in pieces
    ]
    bits = (sum(number >> bit & 1 for number in hashes) * 2 > len(hashes) for bit in range(BITS))
    return f"{sum(1 << bit for bit, is_set in enumerate(bits) if is_set):016x}"


def main() -> None:
    """Read records from standard input and write them with sketches."""
    key = os.environ.get("SKETCH_KEY", "").encode()
    if len(sys.argv) != 2 or not 16 <= len(key) <= 64:
        sys.exit("name the key of the prompt, and set SKETCH_KEY to a secret of 16 to 64 bytes")
    for line in sys.stdin:
        record = json.loads(line)
        text = record.pop(sys.argv[1], None)
        if isinstance(text, str) and text.strip():
            record["prompt_sketch"] = sketch(text, key)
        print(json.dumps(record))


if __name__ == "__main__":
    main()
