"""The example that replaces prompts by sketches, so that `near-duplicates` has something to go by."""

import json
import os
import subprocess
import sys
from hashlib import blake2b
from pathlib import Path

PROGRAM = Path(__file__).parents[2] / "examples" / "waste" / "sketch.py"
KEY = "sixteen bytes or more"
QUESTION = (
    "I would like to return the shoes I bought last week because they do not fit, what do I have to do and who pays?"
)


def sketched(*texts, key=KEY):
    done = subprocess.run(
        [sys.executable, str(PROGRAM), "prompt"],
        input="".join(f"{json.dumps({'model': 'gpt-4o', 'prompt': text})}\n" for text in texts),
        env={**os.environ, "SKETCH_KEY": key},
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def apart(first, second):
    return (int(first["prompt_sketch"], 16) ^ int(second["prompt_sketch"], 16)).bit_count()


def test_texts_that_differ_in_case_signs_and_numbers_are_within_three_bits_and_others_far_apart():
    same, louder, order, other_order, else_ = sketched(
        QUESTION, QUESTION.upper().replace(",", "."), "Where is order 17?", "where is order 4711", "How do I cook rice?"
    )

    assert apart(same, louder) <= 3
    assert apart(order, other_order) == 0
    assert apart(same, else_) > 16
    assert list(same) == ["model", "prompt_sketch"]


def test_a_text_of_five_letters_is_its_own_hash_under_the_key():
    (one,) = sketched("HELLO")
    (other,) = sketched("HELLO", key="another key of some length")

    assert one["prompt_sketch"] == blake2b(b"hello", digest_size=8, key=KEY.encode()).hexdigest()
    assert one != other


def test_a_record_without_a_prompt_stays_as_it_is():
    assert sketched("", None) == [{"model": "gpt-4o"}, {"model": "gpt-4o"}]
