"""A trace of which files tell a part and a receiver another: a wrapper never counts beside its call."""

import random
import time
from contextlib import ExitStack

import pytest
from tests.ingest.otlp.conftest import request, span
from tests.ingesting import query, read, write

from llmcost.ingest.otlp.journal import folder_of


def counted(ledger):
    return [name for (name,) in query(ledger, "select request_id from request order by 1")]


def written(ledger):
    """Wait until a receiver has brought in what it was sent."""
    until = time.monotonic() + 30
    while list(folder_of(ledger).glob("*")):
        assert time.monotonic() < until
        time.sleep(0.01)


def random_trees(seed, steps):
    """Spans for each step, and the names of the calls: those with usage and none below that has it."""
    chance = random.Random(seed)  # noqa: S311  the same every time
    parts = [[] for _ in range(steps)]
    calls = []
    for trace in range(1, 25):
        size = chance.randint(1, 7)
        parents = {n: chance.choice(range(1, n)) if n > 1 else chance.choice([0, 99]) for n in range(1, size + 1)}
        used = {n for n in parents if chance.random() < 0.6}
        around = set()
        for n in used:
            while (n := parents.get(n, 0)) in parents:
                around.add(n)
        calls += [f"{trace:032x}:{n:016x}" for n in used - around]
        for n, parent in parents.items():
            one = span(n, trace=trace, parent=parent, attributes=None if n in used else {})
            for part in chance.sample(parts, chance.choice([1, 1, 1, 2])):
                part.append(one)
    for part in parts:
        chance.shuffle(part)
    return parts, sorted(calls)


def check(receiving, folder, seed, steps=4):
    """Each step is a file, or what is sent to a receiver: to one that goes on all the while, or to one of its own."""
    chance = random.Random(-seed)  # noqa: S311  the same every time
    parts, calls = random_trees(seed, steps)
    ledger = folder / f"ledger {seed}"
    with ExitStack() as stack:
        receiver = stack.enter_context(receiving(ledger=ledger)) if seed % 2 else None
        for number, part in enumerate(parts):
            if chance.random() < 0.5:
                read(ledger, write(folder / f"{seed}-{number}.jsonl", [request(*part)]))
            elif receiver is not None:
                assert receiver.post(request(*part))[0] == 200
                written(ledger)
            else:
                with receiving(ledger=ledger) as short:
                    assert short.post(request(*part))[0] == 200
    assert counted(ledger) == calls, seed


def test_files_and_a_receiver_tell_of_one_trace(receiving, tmp_path):
    """Of each trace the call with the highest number counts alone; those that state nothing stand between it and its wrappers."""
    ledger = tmp_path / "ledger"

    def tell(name, *spans):
        read(ledger, write(tmp_path / name, [request(*spans)]))

    with receiving() as receiver:

        def send(*spans):
            assert receiver.post(request(*spans))[0] == 200
            written(ledger)

        send(span(2, trace=2, parent=1), span(2, trace=3, parent=1, attributes={}))
        tell("a.jsonl", span(1, trace=1), span(3, trace=1, parent=2))
        # The first is the call that the receiver knows for one, with its call; the second is noted as standing between.
        tell("b.jsonl", span(3, trace=2, parent=2), span(3, trace=3, parent=2, attributes={}))
        send(span(2, trace=1, parent=1, attributes={}), span(1, trace=3))
        tell("c.jsonl", span(1, trace=2), span(4, trace=3, parent=3))
    assert counted(ledger) == [f"{1:032x}:{3:016x}", f"{2:032x}:{3:016x}", f"{3:032x}:{4:016x}"]


@pytest.mark.slow
def test_random_trees_in_files_and_receivers(receiving, tmp_path):
    for seed in range(12):
        check(receiving, tmp_path, seed)
