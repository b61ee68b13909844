"""Protected coverage: what may be published of how many subjects say something in a column, or in several together.

Of the subjects, those with a value, and those with a published value, each is a part of the one before. All three are
rounded down, and what lies between two of them is the difference of the rounded numbers, not a rounded count of its
own. Taken at their word, the published numbers are then those of a possible table: with a precision of k, one in which
nobody, or at least k subjects, lies between any two. So they prove of no such group that it has 1 to k - 1 subjects.

For several columns together two more things hold of every table: no more subjects have a published value than the
columns have together, and no more have rare values alone. Rounding down can break both, and then more would follow from
the numbers than they say; so the columns' numbers bound those of the group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctdc_spark.combinations.protect import protect_count
from ctdc_spark.records.coverage import Coverage

if TYPE_CHECKING:
    from ctdc_spark.combinations.protect import Resolution
    from ctdc_spark.records.coverage import ExactCoverage, Scope


def protect_coverage(exact: ExactCoverage, subjects: int, resolution: Resolution) -> tuple[Coverage, ...]:
    """What may be published of each scope.

    Args:
        exact: the numbers; the scopes of single columns come before those of several.
        subjects: their protected number.
        resolution: threshold and precision.
    """
    found: dict[Scope, tuple[int, int]] = {}
    for scope, *counts in zip(exact.scopes, exact.informed, exact.listed, strict=True):
        informed, listed = (protect_count(n, resolution.threshold, resolution.precision) or 0 for n in counts)
        if len(scope) > 1:
            parts = [found[column,] for column in scope]
            listed = min(listed, sum(part[1] for part in parts))
            informed = min(informed, listed + sum(part[0] - part[1] for part in parts))
        found[scope] = informed, listed
    return tuple(_publish(scope, subjects, *numbers) for scope, numbers in found.items())


def _publish(scope: Scope, subjects: int, informed: int, listed: int) -> Coverage:
    """0 stands for fewer than the threshold, or none: as in other tables, no number is published then."""
    return Coverage(scope, informed or None, listed or None, (subjects - informed) or None, (informed - listed) or None)
