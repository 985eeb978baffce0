"""Names that differ in spelling only, or by one slip of the keyboard, found without comparing each with each."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from llmcost.tags.words import folded

_SHORTEST = 5
"""Shorter words differ by one letter all the time."""
_LONGEST = 64
_CROWD = 50
"""Words that share one spelling with a letter left out; more are a pattern, not slips."""


def spellings(names: Sequence[str]) -> list[tuple[str, ...]]:
    """Groups of names that are the same but for case and separators, in the order given."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        if core := folded(name):
            groups[core].append(name)
    return [tuple(group) for group in groups.values() if len(group) > 1]


def slips(names: Sequence[str], weights: Mapping[str, int] | None = None) -> list[tuple[str, str]]:
    """(usual, other): pairs one letter apart, letters swapped or one of them left out, added or changed.

    Names with digits are left out: those are numbered on purpose. With `weights`, the other must be five times as rare.
    Linear in the names: two words one slip apart share a spelling with one letter left out.
    """
    words = {name: folded(name) for name in names}
    fit = [
        name
        for name, word in words.items()
        if _SHORTEST <= len(word) <= _LONGEST and not any(letter.isdigit() for letter in word)
    ]
    shared: dict[str, list[str]] = defaultdict(list)
    for name in fit:
        word = words[name]
        for spelling in {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}:
            shared[spelling].append(name)
    place = {name: number for number, name in enumerate(names)}
    pairs: dict[tuple[str, str], None] = {}
    for group in shared.values():
        if not 1 < len(group) <= _CROWD:
            continue
        for at, one in enumerate(group):
            for two in group[at + 1 :]:
                usual, other = sorted((one, two), key=place.__getitem__)
                if words[one] != words[two] and _near(words[one], words[two]):
                    pairs[usual, other] = None
    if weights is None:
        return list(pairs)
    return [(usual, other) for usual, other in pairs if weights[other] * 5 <= weights[usual]]


def _near(one: str, two: str) -> bool:
    """Whether one edit, or one swap of neighbours, makes one of the other."""
    if len(one) > len(two):
        one, two = two, one
    start = next((at for at, letter in enumerate(one) if letter != two[at]), len(one))
    if len(one) != len(two):
        return len(two) - len(one) == 1 and one[start:] == two[start + 1 :]
    rest_one, rest_two = one[start:], two[start:]
    return rest_one[1:] == rest_two[1:] or (rest_one[:2] == rest_two[:2][::-1] and rest_one[2:] == rest_two[2:])
