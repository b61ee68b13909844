"""How many subjects say something in a column, or in several together, in types that say what may be done with it.

ExactCoverage   of the records themselves, and as sensitive as they are
Coverage        what may be published: rounded as counts are, or derived from noisy counts
"""

from __future__ import annotations

from dataclasses import dataclass

Scope = tuple[int, ...]
"""Indices of the columns that are looked at together: one column, or the flags of a group."""


@dataclass(frozen=True)
class ExactCoverage:
    """Numbers as they are, one of each kind for every scope.

    Attributes:
        scopes: what they are about.
        informed: subjects with a value in one of the columns, rare or not.
        listed: those of them with a value that is an attribute of the dictionary.
    """

    scopes: tuple[Scope, ...]
    informed: tuple[int, ...]
    listed: tuple[int, ...]


@dataclass(frozen=True)
class Coverage:
    """What may be published of one scope, as the columns of the table `coverage`; None as it says there.

    Attributes:
        scope: the columns.
        with_information: subjects with a value.
        with_published_value: those of them with a value that is published.
        not_recorded: subjects without a value: all of them less `with_information`.
        withheld_as_too_rare: `with_information` less `with_published_value`.
    """

    scope: Scope
    with_information: int | None
    with_published_value: int | None
    not_recorded: int | None
    withheld_as_too_rare: int | None
