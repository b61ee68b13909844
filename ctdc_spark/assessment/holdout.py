"""Divide subjects into those a release may be made from and those it never sees, and draw bounded samples of both.

Which side a subject is on follows from its record, a number among the subjects with the same record, and the seed: it
does not depend on how Spark divides the data, and subjects with equal records fall on both sides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from ctdc_spark.cases.prepare import PreparedCases

STEPS = 1_000_000
"""The share held out is exact to one part in this many."""

HELD_OUT, DRAW = "held_out", "draw"


def hold_out(prepared: PreparedCases, share: float, seed: int) -> DataFrame:
    """Mark the subjects that are held out.

    Args:
        prepared: one row per subject.
        share: of the subjects, between 0 and 1.
        seed: different seeds give different subjects.

    Returns:
        (c0.., draw bigint, held_out boolean): the prepared columns, lists in ascending order, and a number by which to
        draw samples.
    """
    values = [_ordered(prepared, i) for i in range(len(prepared.columns))]
    names = [f"c{i}" for i in range(len(values))]
    # (c0.., one row per subject) -> (c0.., count), distinct -> one row per subject again, numbered among its equals
    equals = prepared.frame.select(*values).groupBy(*names).count()
    numbered = equals.select(*names, F.explode(F.sequence(F.lit(1), F.col("count"))).alias("copy"))
    side, draw = (F.xxhash64(F.lit(f"{use} {seed}"), *names, "copy") for use in ("hold out", "draw"))
    marked = F.pmod(side, F.lit(STEPS)) < F.lit(round(share * STEPS))
    return numbered.select(*names, draw.alias(DRAW), marked.alias(HELD_OUT))


def draw_sample(rows: DataFrame, size: int) -> DataFrame:
    """At most `size` rows, chosen by their column `draw`."""
    return rows.orderBy(DRAW).limit(size)


def _ordered(prepared: PreparedCases, index: int) -> Column:
    value = F.col(f"c{index}")
    return (F.array_sort(value) if index in prepared.multi_valued else value).alias(f"c{index}")
