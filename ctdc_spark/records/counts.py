"""How many subjects hold each attribute of a dictionary, in types that say what may be done with the numbers.

    ExactCounts      of the records themselves, and as sensitive as they are
    ProtectedCounts  what may be published (`combinations.protect.protect_counts`); 0 where nothing may be
    NoisyCounts      with the noise of differential privacy in them; 0 where they are not published

A function that takes one of them cannot be given another, and one that needs only the attributes is given the
dictionary, which has no counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class ExactCounts:
    """Counts as they are.

    Attributes:
        of_attribute: subjects that hold each attribute of the dictionary.
        subjects: how many there are in all.
    """

    of_attribute: tuple[int, ...]
    subjects: int


@dataclass(frozen=True)
class ProtectedCounts:
    """Counts that may be published.

    Attributes:
        of_attribute: of each attribute of the dictionary; 0 where it is withheld.
        subjects: in all; 0 where their number is withheld.
    """

    of_attribute: tuple[int, ...]
    subjects: int

    @property
    def published(self) -> list[int]:
        """The attributes that may be named."""
        return [attribute for attribute, count in enumerate(self.of_attribute) if count]


@dataclass(frozen=True)
class NoisyCounts:
    """Counts with noise in them, fitted to each other.

    Attributes:
        of_attribute: of each attribute of the dictionary; 0 where it is below the reporting threshold.
        subjects: in all, at least 1.
    """

    of_attribute: tuple[int, ...]
    subjects: int


AttributeCounts: TypeAlias = "ExactCounts | ProtectedCounts | NoisyCounts"
"""Counts of any kind: for code that only splits its work by them."""
