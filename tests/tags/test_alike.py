"""Near names: found exactly where one slip makes one of the other, without comparing each with each."""

from hypothesis import given
from hypothesis import strategies as st

from llmcost.tags.alike import slips, spellings


def edits(one: str, two: str) -> int:
    """The optimal string alignment distance, by its textbook recurrence."""
    table = [[max(i, j) if not min(i, j) else 0 for j in range(len(two) + 1)] for i in range(len(one) + 1)]
    for i in range(1, len(one) + 1):
        for j in range(1, len(two) + 1):
            table[i][j] = min(
                table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + (one[i - 1] != two[j - 1])
            )
            if i > 1 and j > 1 and one[i - 1] == two[j - 2] and one[i - 2] == two[j - 1]:
                table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
    return table[-1][-1]


@given(st.lists(st.text("abc", min_size=5, max_size=8), max_size=12, unique=True))
def test_slips_are_the_pairs_one_edit_apart(names):
    wanted = {(one, two) for place, one in enumerate(names) for two in names[place + 1 :] if edits(one, two) == 1}
    assert set(slips(names)) == wanted


@given(st.lists(st.text("aA_-. b", max_size=5), max_size=10, unique=True))
def test_spellings_are_the_names_equal_but_for_case_and_separators(names):
    def core(name: str) -> str:
        return "".join(letter for letter in name.lower() if letter in "ab")

    for group in spellings(names):
        assert len({core(name) for name in group}) == 1
        assert set(group) == {name for name in names if core(name) == core(group[0])}
    grouped = {name for group in spellings(names) for name in group}
    alone = [name for name in names if name not in grouped and core(name)]
    assert len({core(name) for name in alone}) == len(alone)


def test_a_rare_name_is_a_slip_of_a_common_one_and_short_or_numbered_names_are_none():
    weights = {"search": 50, "serach": 10, "seatch": 11, "eu": 9, "em": 1, "team1x": 50, "team2x": 1}
    assert slips(list(weights), weights) == [("search", "serach")]


def test_a_crowd_of_like_names_is_left_alone_and_costs_no_square():
    names = [
        f"prefix{letter}{other}" for letter in "abcdefghijklmnopqrstuvwxyz" for other in "abcdefghijklmnopqrstuvwxyz"
    ]
    assert len(slips(names)) < len(names) * 60
