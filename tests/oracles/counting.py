"""Brute-force counting over sets, straight from the definitions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import combinations
from typing import TypeVar

T = TypeVar("T", bound=Hashable)


def count_all(records: Iterable[Iterable[T]], max_length: int) -> Counter[frozenset[T]]:
    """Count every combination of up to max_length attributes by trying every subset of every record."""
    counts: Counter[frozenset[T]] = Counter()
    for record in records:
        attributes = sorted(set(record), key=repr)
        for length in range(1, max_length + 1):
            counts.update(frozenset(subset) for subset in combinations(attributes, length))
    return counts


def support(records: Sequence[Iterable[Hashable]], asked: Iterable[Hashable]) -> int:
    """Number of records that contain all asked attributes."""
    wanted = set(asked)
    return sum(wanted <= set(record) for record in records)


def read_rows(
    rows: Sequence[Mapping[str, str | None]],
    *,
    sensitive_zeros: Sequence[str] = (),
    missing: Sequence[str] = (),
    multi: dict[str, str] | None = None,
    subject: str | None = None,
) -> list[set[tuple[str, str]]]:
    """Each subject's set of attributes (column, value), by the definitions' rules for absent values."""
    subjects: dict[object, set[tuple[str, str]]] = {}
    for number, row in enumerate(rows):
        attributes = subjects.setdefault(row[subject] if subject else number, set())
        for column, value in row.items():
            if column == subject or value is None:
                continue
            for part in value.split((multi or {})[column]) if column in (multi or {}) else [value]:
                absent = {"", *missing} | (set() if column in sensitive_zeros else {"0"})
                if part.strip() not in absent:
                    attributes.add((column, part.strip()))
    return list(subjects.values())
