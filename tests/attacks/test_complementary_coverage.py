"""Published coverage proves of no group that few people are in it; how each number comes about."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from ctdc_spark.combinations.coverage import protect_coverage
from ctdc_spark.combinations.protect import Resolution, protect_count
from ctdc_spark.records.coverage import Coverage, ExactCoverage, Scope
from tests.oracles.coverage import (
    RARE,
    Column,
    Known,
    Person,
    all_scopes,
    bound,
    draw_people,
    is_informed,
    is_listed,
    list_kinds,
)


class OfK(Resolution):
    """Threshold and precision k."""

    def __init__(self, k: int) -> None:
        self._k = k

    @property
    def threshold(self) -> int:
        return self._k

    @property
    def precision(self) -> int:
        return self._k


def test_each_number_is_rounded_down_and_the_rest_are_differences() -> None:
    exact = ExactCoverage(((0,), (1,), (2,)), (19_785, 99, 7), (19_769, 95, 0))
    assert protect_coverage(exact, 20_000, OfK(10)) == (
        Coverage((0,), 19_780, 19_760, 220, 20),
        Coverage((1,), 90, 90, 19_910, None),
        Coverage((2,), None, None, 20_000, None),
    )


def test_where_nobody_is_missing_no_number_says_so() -> None:
    (found,) = protect_coverage(ExactCoverage(((0,),), (44,), (44,)), 40, OfK(10))
    assert found == Coverage((0,), 40, 40, None, None)


def test_flags_together_are_bounded_by_their_columns() -> None:
    """19 and 19 different people are 38; 10 and 10 published ones are 20 at least."""
    exact = ExactCoverage(((0,), (1,), (0, 1)), (19, 19, 38), (19, 19, 38))
    assert protect_coverage(exact, 40, OfK(10))[-1] == Coverage((0, 1), 20, 20, 20, None)
    exact = ExactCoverage(((0,), (1,), (0, 1)), (19, 19, 29), (19, 19, 20))
    assert protect_coverage(exact, 40, OfK(10))[-1] == Coverage((0, 1), 20, 20, 20, None)


FLAGS, OTHERS = "flags", "others"
TABLES: dict[str, list[Column]] = {
    FLAGS: [Column(("1",)), Column(("0", "1"))],
    OTHERS: [Column(("a", "b"))],
}
SEVERAL: dict[str, list[Column]] = {
    FLAGS: [Column(("1",)), Column(("1",)), Column(("1",))],
    OTHERS: [Column(("a", "b"), several=True)],
}

Table = tuple[Sequence[Column], tuple[Scope, ...], list[Person]]


def count_exactly(table: Table) -> ExactCoverage:
    _, scopes, people = table
    informed = tuple(sum(is_informed(person, scope) for person in people) for scope in scopes)
    return ExactCoverage(
        scopes, informed, tuple(sum(is_listed(person, scope) for person in people) for scope in scopes)
    )


def what_is_known(table: Table, published: Sequence[Coverage], k: int) -> Known:
    """All that the published numbers of one table say: single values, and each number of `coverage`."""
    columns, scopes, people = table
    kinds = list_kinds(columns)
    low, high, holds = [], [], []

    def know(least: int, most: int, which: list[bool]) -> None:
        low.append(least)
        high.append(most)
        holds.append(tuple(which))

    for place, column in enumerate(columns):
        for value in column.listed:
            count = protect_count(sum(value in person[place] for person in people), k, k)
            assert count is not None
            know(count, count + k - 1, [value in kind[place] for kind in kinds])
    said = {
        scope: (one.with_information or 0, one.with_published_value or 0)
        for scope, one in zip(scopes, published, strict=True)
    }
    for scope, (informed, listed) in said.items():
        parts = [said[column,] for column in scope]
        # where a group has what its columns have together, its number may have been lowered to that
        open_ends = [
            listed + sum(part[0] - part[1] for part in parts) if len(scope) > 1 else None,
            sum(part[1] for part in parts) if len(scope) > 1 else None,
        ]
        for number, has, open_end in zip((informed, listed), (is_informed, is_listed), open_ends, strict=True):
            most = 10_000 if number == open_end else number + k - 1
            know(number, most, [has(kind, scope) for kind in kinds])
    return Known(kinds, tuple(low), tuple(high), tuple(holds))


def draw_tables(tables: dict[str, list[Column]], seed: int, k: int) -> list[Table]:
    """Tables of the same random number of people, in which at least k people have each listed value."""
    rng = np.random.default_rng(seed)
    while True:
        drawn = [draw_people(rng, columns, k) for columns in tables.values()]
        number = max(len(people) for people in drawn)
        found: list[Table] = []
        for (name, columns), people in zip(tables.items(), drawn, strict=True):
            together = tuple(range(len(columns))) if name == FLAGS else ()
            more = draw_people(rng, columns, k) if rng.random() < 0.5 else [(frozenset(),) * len(columns)] * number
            found.append((columns, tuple(all_scopes(len(columns), together)), [*people, *more][:number]))
        if all(len(people) == number for _, _, people in found):
            return found


def small_groups(tables: dict[str, list[Column]], seed: int, k: int) -> list[tuple[str, Scope, str]]:
    """Groups of random tables that the published numbers prove to have 1 to k - 1 people."""
    drawn = draw_tables(tables, seed, k)
    number = len(drawn[0][2])
    subjects = protect_count(number, k, k)
    assert subjects is not None
    published = [protect_coverage(count_exactly(table), subjects, OfK(k)) for table in drawn]
    known = [what_is_known(table, one, k) for table, one in zip(drawn, published, strict=True)]
    found = []
    for place, (name, (_, scopes, _)) in enumerate(zip(tables, drawn, strict=True)):
        for scope in scopes:
            says = [(is_informed(kind, scope), is_listed(kind, scope)) for kind in known[place].kinds]
            groups = {
                "not recorded": [not informed for informed, _ in says],
                "withheld": [informed and not listed for informed, listed in says],
                "no published value": [not listed for _, listed in says],
            }
            for group, holds in groups.items():
                least, most = bound(known, {place: holds}, (subjects, subjects + k - 1))
                if least >= 1 and most < k:
                    found.append((name, scope, group))
    return found


@pytest.mark.parametrize("tables", [TABLES, SEVERAL], ids=["values of their own", "several values"])
@pytest.mark.parametrize("k", [2, 3])
def test_no_group_of_few_people_follows_from_what_is_published(tables: dict[str, list[Column]], k: int) -> None:
    for seed in range(3):
        assert small_groups(tables, seed, k) == []


@pytest.mark.at_length("many random tables, each looked at by integer programming")
@pytest.mark.parametrize("tables", [TABLES, SEVERAL], ids=["values of their own", "several values"])
@pytest.mark.parametrize("k", [2, 3, 5])
def test_none_follows_for_many(tables: dict[str, list[Column]], k: int) -> None:
    for seed in range(100, 130):
        assert small_groups(tables, seed, k) == []


def test_a_count_of_its_own_of_who_is_not_recorded_would_give_one_away() -> None:
    """20 people, 19 of them with the only value: were "fewer than k" said of the rest, they would be 1 to 9."""
    k, columns = 10, [Column(("a",))]
    people: list[Person] = [*[(frozenset("a"),)] * 19, (frozenset(),)]
    table: Table = (columns, ((0,),), people)
    published = protect_coverage(count_exactly(table), 20, OfK(k))
    assert published == (Coverage((0,), 10, 10, 10, None),)
    known = what_is_known(table, published, k)
    nobody = [not kind[0] for kind in known.kinds]
    assert bound([known], {0: nobody}, (20, 29)) == (1, 19)
    told = Known(known.kinds, (*known.low, 0), (*known.high, k - 1), (*known.holds, tuple(nobody)))
    assert bound([told], {0: nobody}, (20, 29)) == (1, 9)


def test_a_group_that_was_not_bounded_by_its_columns_would_give_one_away() -> None:
    """Two flags of different people, k = 2: a group of 8 would prove that each flag has one person more than said."""
    columns = [Column(("1",)), Column(("0", "1"))]
    zero, one, rare = frozenset(["0"]), frozenset(["1"]), frozenset([RARE])
    nothing: frozenset[str] = frozenset()
    people: list[Person] = [(one, nothing)] * 3
    people += [(nothing, zero)] * 3 + [(nothing, one)] * 3 + [(nothing, rare)]
    table: Table = (columns, tuple(all_scopes(2, (0, 1))), people)
    exact = count_exactly(table)
    assert exact.informed == (3, 7, 10)
    published = protect_coverage(exact, 10, OfK(2))
    assert [found.with_information for found in published] == [2, 6, 8]
    known = what_is_known(table, published, 2)
    withheld = [kind[1] == rare for kind in known.kinds]
    assert bound([known], {0: withheld}, (10, 11))[0] == 0
    low = (*known.low[:-2], 10, known.low[-1])
    told = Known(known.kinds, low, known.high, known.holds)
    assert bound([told], {0: withheld}, (10, 11)) == (1, 1)
