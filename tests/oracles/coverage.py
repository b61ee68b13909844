"""Coverage by brute force: random tables of people, what is counted of them, and what a reader can conclude.

A reader knows the published numbers and intervals, and that they are of some table. `bound` finds by integer
programming the least and the most people that a group can have in any of these tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, product

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

RARE = "rare"
"""Stands for any value that is not listed."""

Cell = frozenset[str]
"""The listed values that a person has in a column, and RARE if a value that is not; empty: nothing recorded."""


@dataclass(frozen=True)
class Column:
    """A column whose listed values are these; `several`: a person may have several of them."""

    listed: tuple[str, ...]
    several: bool = False

    def cells(self) -> list[Cell]:
        """All that a person may have in it."""
        every = (*self.listed, RARE)
        if not self.several:
            return [frozenset(), *(frozenset([value]) for value in every)]
        return [frozenset(part) for size in range(len(every) + 1) for part in combinations(every, size)]


Person = tuple[Cell, ...]
"""A cell for each column."""


def draw_people(rng: np.random.Generator, columns: Sequence[Column], k: int) -> list[Person]:
    """People of whom at least k have each listed value, and at most k - 1 a rare one."""
    while True:
        full = rng.choice([0.3, 0.7, 1.0, 1.0], len(columns))
        people = [
            tuple(_draw_cell(rng, column, share) for column, share in zip(columns, full, strict=True))
            for _ in range(int(rng.integers(k, 6 * k + 3)))
        ]
        if all(sum(value in one[i] for one in people) >= k for i, c in enumerate(columns) for value in c.listed):
            return people


def _draw_cell(rng: np.random.Generator, column: Column, full: float) -> Cell:
    if rng.random() >= full:
        return frozenset()
    cells = [cell for cell in column.cells() if cell]
    weights = np.array([0.15 if RARE in cell else 1.0 for cell in cells])
    return cells[rng.choice(len(cells), p=weights / weights.sum())]


def is_informed(person: Person, scope: Sequence[int]) -> bool:
    """Whether a person has any value in one of these columns."""
    return any(person[column] for column in scope)


def is_listed(person: Person, scope: Sequence[int]) -> bool:
    """Whether a person has a listed value in one of these columns."""
    return any(person[column] - {RARE} for column in scope)


@dataclass(frozen=True)
class Known:
    """What a reader knows: that so many people have a property, from `low` to `high`.

    It is of some columns that are looked at together. Others are known by themselves: only the number of people is the
    same.

    Attributes:
        kinds: all people there can be, by what they have in these columns.
        low: of each property.
        high: the same.
        holds: for each property, whether a person of each kind has it. Shape (properties, kinds of people).
    """

    kinds: tuple[Person, ...]
    low: tuple[int, ...]
    high: tuple[int, ...]
    holds: tuple[tuple[bool, ...], ...]


def list_kinds(columns: Sequence[Column]) -> tuple[Person, ...]:
    """All people there can be."""
    return tuple(product(*(column.cells() for column in columns)))


def bound(known: Sequence[Known], aim: Mapping[int, Sequence[bool]], everybody: tuple[int, int]) -> tuple[int, int]:
    """The least and the most people with a property, in any tables that agree with all that is known.

    Args:
        known: of each table.
        aim: for a table, by its place in `known`, which kinds of people have the property.
        everybody: the least and the most people there are.
    """
    sizes = [len(one.kinds) for one in known]
    starts = [0, *np.cumsum(sizes).tolist()]
    total = starts[-1] + 1  # the last unknown is the number of people
    rows, low, high = [], [], []
    for place, one in enumerate(known):
        whole = np.zeros(total)
        whole[starts[place] : starts[place + 1]], whole[-1] = 1, -1
        rows.append(whole)
        low.append(0)
        high.append(0)
        for holds, least, most in zip(one.holds, one.low, one.high, strict=True):
            row = np.zeros(total)
            row[starts[place] : starts[place + 1]] = holds
            rows.append(row)
            low.append(least)
            high.append(most)
    wanted = np.zeros(total)
    for place, of_kinds in aim.items():
        wanted[starts[place] : starts[place + 1]] = of_kinds
    limits = Bounds(np.append(np.zeros(total - 1), everybody[0]), np.append(np.full(total - 1, np.inf), everybody[1]))
    found = []
    for sign in (1, -1):
        result = milp(
            sign * wanted,
            constraints=LinearConstraint(np.array(rows), np.array(low, float), np.array(high, float)),
            integrality=np.ones(total),
            bounds=limits,
        )
        assert result.success, "the true table agrees with what is known of it"
        found.append(round(sign * result.fun))
    return found[0], found[1]


def all_scopes(columns: int, together: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Each column, and those that are looked at together."""
    return chain(((column,) for column in range(columns)), [tuple(together)] if len(together) > 1 else [])
