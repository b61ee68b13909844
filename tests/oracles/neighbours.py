"""Tables that differ in one person but in nothing that may be known: found by trial, with counts of their own.

Allowed to be known are the protected counts of combinations of up to L attributes, of subjects, and of subjects with
information in each column, the answers "do at least k subjects hold this set?" for sets of any length, under
`k_synthetic` also "does anybody?", and for quantiles the protected counts of subjects below round numbers. The added
person changes none of them, though exact counts change.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

Row = dict[str, str]
Person = list[Row]
Attributes = frozenset[tuple[str, str]]

CATEGORIES = ("area", "kind", "work", "route", "year", "debt", "papers")
FLAGS = ("threat", "force")
MEANS, AGE, CITY, SUBJECT = "means", "age", "city", "person"
COLUMNS = (*CATEGORIES, *FLAGS, MEANS, AGE, CITY)
EDGES = (18.0, 35.0)
"""The edges of bins that are given by edges, and what quantiles should come close to."""


@dataclass(frozen=True)
class Terms:
    """What is protected, and how.

    Attributes:
        threshold: k.
        precision: the step between counts.
        length: L; -1 for all lengths.
        several_rows: whether a person may have several rows.
        nobody_known: whether "does anybody hold this set?" is an answer too.
        quantiles: whether ages are put into ranges by quantiles; else by EDGES.
    """

    threshold: int = 6
    precision: int = 6
    length: int = 2
    several_rows: bool = False
    nobody_known: bool = False
    quantiles: bool = False

    def step(self, count: int, size: int) -> int:
        """All that may be known of the count of a combination of `size` attributes."""
        reported = count // self.precision if count >= self.threshold and self._is_counted(size) else 0
        return 4 * reported + 2 * (count >= self.threshold) + (self.nobody_known and count > 0)

    def _is_counted(self, size: int) -> bool:
        return self.length == -1 or size <= self.length


@dataclass
class Pair:
    """A table of people, and one more person.

    Attributes:
        people: the rows of each.
        added: the rows of the additional one.
    """

    people: list[Person]
    added: Person

    def write(self, folder: Path, columns: tuple[str, ...], *, after: bool) -> Path:
        """One of the two tables; the added person is somewhere in the middle."""
        people = list(self.people)
        if after:
            people.insert(len(people) // 3, self.added)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "cases.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow([SUBJECT, *columns])
            for number, person in enumerate(people):
                writer.writerows([f"p{number}", *(row[column] for column in columns)] for row in person)
        return path


def find_pairs(seed: int, terms: Terms, number: int, wanted: Callable[[Pair], bool] = lambda _: True) -> list[Pair]:
    """A number of pairs of random tables."""
    rng = np.random.default_rng(seed)
    found: list[Pair] = []
    while len(found) < number:
        people = [draw_person(rng, terms) for _ in range(int(rng.integers(70, 120)))]
        for candidate in draw_candidates(rng, people, terms):
            if is_harmless(people, candidate, terms) and wanted(Pair(people, candidate)):
                found.append(Pair(people, candidate))
                break
    return found


def draw_person(rng: np.random.Generator, terms: Terms) -> Person:
    group = int(rng.integers(3))
    rows = int(rng.integers(1, 3)) if terms.several_rows else 1
    return [_draw_row(rng, group) for _ in range(rows)]


def _draw_row(rng: np.random.Generator, group: int) -> Row:
    row = {}
    for place, column in enumerate(CATEGORIES):
        likely = (group + place) % 3
        value = "xyz"[likely if rng.random() < 0.7 else int(rng.integers(3))]
        row[column] = value if rng.random() < 0.45 else ""
    for column in FLAGS:
        row[column] = str(int(rng.random() < 0.2 + 0.2 * group))
    row[MEANS] = ";".join(sorted({str(v) for v in rng.choice(["lies", "debt", "harm"], int(rng.integers(0, 3)))}))
    row[AGE] = str(int(rng.integers(10, 60))) if rng.random() < 0.8 else ""
    row[CITY] = str(rng.choice(["North", "South", f"rare {rng.integers(10**9)}", ""], p=[0.3, 0.3, 0.1, 0.3]))
    return row


def draw_candidates(rng: np.random.Generator, people: list[Person], terms: Terms) -> Iterator[Person]:
    """People to add: others like them, with a value that nobody has, or with what somebody has."""
    for _ in range(400):
        if terms.nobody_known:
            person = [dict(row) for row in people[int(rng.integers(len(people)))]]
            for row in person:
                row.update(dict.fromkeys(rng.choice(COLUMNS, int(rng.integers(2, 7)), replace=False).tolist(), ""))
        else:
            person = draw_person(rng, terms)
            person[0][CATEGORIES[int(rng.integers(len(CATEGORIES)))]] = "SECRETVALUE"
        yield person


def is_harmless(people: list[Person], added: Person, terms: Terms) -> bool:
    """Whether nothing that may be known changes with the person."""
    if terms.step(len(people), 1) != terms.step(len(people) + 1, 1):
        return False
    if not _keeps_ages(people, added, terms) or not _keeps_cities(people, added, terms):
        return False
    edges = choose_edges(people, terms)
    kept = frequent_cities(people, terms)
    held = [attributes_of(person, edges, kept) for person in people]
    mine = attributes_of(added, edges, kept)
    if not 3 <= len(mine) <= 13:
        return False
    singles = Counter(attribute for one in held for attribute in one)
    if not _keeps_coverage(held, mine, singles, terms):
        return False
    possible = sorted(mine) if terms.nobody_known else sorted(a for a in mine if singles[a] >= terms.threshold - 1)
    for size in range(1, len(possible) + 1):
        for part in combinations(possible, size):
            wanted = frozenset(part)
            count = sum(wanted <= one for one in held)
            if terms.step(count, size) != terms.step(count + 1, size):
                return False
    return len(possible) > 2


def attributes_of(person: Person, edges: tuple[float, ...], cities: frozenset[str]) -> Attributes:
    """The attributes a person is counted with, after all preparation."""
    found = set()
    for row in person:
        found |= {(c, row[c]) for c in (*CATEGORIES, *FLAGS) if row[c] not in ("", "0")}
        found |= {(MEANS, part) for part in row[MEANS].split(";") if part}
        found |= {(AGE, str(sum(float(row[AGE]) >= edge for edge in edges)))} if row[AGE] else set()
        found |= {(CITY, row[CITY] if row[CITY] in cities else "Other")} if row[CITY] else set()
    return frozenset(found)


def frequent_cities(people: list[Person], terms: Terms) -> frozenset[str]:
    held = Counter(city for person in people for city in {row[CITY] for row in person if row[CITY]})
    return frozenset(city for city, count in held.items() if count >= terms.threshold)


def choose_edges(people: list[Person], terms: Terms) -> tuple[float, ...]:
    """About the edges that are found: only whether two tables have the same counts matters."""
    if not terms.quantiles:
        return EDGES
    from ctdc_spark.cases.quantiles import choose_quantiles, list_candidates

    below, counts = np.unique(np.searchsorted(list_candidates(), _ages(people), side="right"), return_counts=True)
    counted = list(zip(below.tolist(), counts.tolist(), strict=True))
    resolution = terms.threshold, terms.precision
    return tuple(sorted(set(choose_quantiles(counted, [1 / 3, 2 / 3], resolution))))


def _keeps_coverage(held: list[Attributes], mine: Attributes, singles: Counter[tuple[str, str]], terms: Terms) -> bool:
    """Whether no protected number of people with information changes: for each column, and for the flags together."""
    listed = {attribute for attribute, count in singles.items() if count >= terms.threshold}
    for scope in (*((column,) for column in COLUMNS), FLAGS):
        for known in (None, listed):
            said = {
                (column, value)
                for column, value in mine
                if column in scope and (known is None or (column, value) in known)
            }
            if not said:
                continue
            count = sum(
                any(column in scope and (known is None or (column, value) in known) for column, value in one)
                for one in held
            )
            if terms.step(count, 1) != terms.step(count + 1, 1):
                return False
    return True


def _keeps_ages(people: list[Person], added: Person, terms: Terms) -> bool:
    if not terms.quantiles:
        return True
    rounds = np.arange(0, 100, 0.5)
    known = [
        [terms.step(int((np.array(ages) < number).sum()), 1) for number in (*rounds, np.inf)]
        for ages in (_ages(people), _ages([*people, added]))
    ]
    return known[0] == known[1]


def _ages(people: list[Person]) -> list[float]:
    """For each person who has one: the midpoint between the least and the greatest."""
    ages = [[float(row[AGE]) for row in person if row[AGE]] for person in people]
    return [(min(of) + max(of)) / 2 for of in ages if of]


def _keeps_cities(people: list[Person], added: Person, terms: Terms) -> bool:
    return frequent_cities(people, terms) == frequent_cities([*people, added], terms)
