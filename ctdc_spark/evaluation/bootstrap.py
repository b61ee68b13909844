"""How far off noisy counts are likely to be, estimated without the data: measure and fit once more, and compare.

    fitted records --measure with the same noise--> cells --fit, draw--> rehearsed records
    counts of the fitted records, counts of the rehearsed ones --compare--> METRICS

The fitted records stand in for the data: they resemble them as far as noise lets anybody know. This is the parametric
bootstrap (Efron & Tibshirani 1993, chapter 6). It reads only what is already protected, so it costs no budget.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from ctdc_spark.combinations.counting import COMBINATION_COUNTS, count_at_once
from ctdc_spark.combinations.plan import Limits
from ctdc_spark.differential_privacy.measuring import NOISY_CELLS, measure_subsets, truncate_records
from ctdc_spark.evaluation.compare import pair_with_reported
from ctdc_spark.evaluation.metrics import stack_metrics
from ctdc_spark.synthesis.mixture.drawing import draw_table
from ctdc_spark.synthesis.mixture.members import FittingTask, fit_members
from ctdc_spark.synthesis.task import SYNTHETIC_RECORDS

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from ctdc_spark.differential_privacy.budget import Mechanism
    from ctdc_spark.io.parquet import Materialize

OTHER_BEGINNING = 1
"""Added to the seed, so that the rehearsal's members start elsewhere than those that were fitted."""


def bootstrap_errors(
    fitted: DataFrame, task: FittingTask, noise: tuple[int, Sequence[Mechanism]], floor: int, materialize: Materialize
) -> DataFrame:
    """Expected errors of the published counts, by length.

    Args:
        fitted: SYNTHETIC_RECORDS whose counts are published.
        task: the task of the fitted members.
        noise: the most attributes kept per record, and the mechanism of each measured length.
        floor: the smallest count that is published.
        materialize: for intermediate tables; none is sensitive.

    Returns:
        METRICS, as in `expected_expressions`.
    """
    length = len(noise[1])
    cells = materialize("bootstrap_cells", _measure(fitted, task, noise), NOISY_CELLS)
    mixture = fit_members(cells, replace(task, seed=task.seed + OTHER_BEGINNING))
    drawn = draw_table(fitted.sparkSession, mixture, round(mixture.records), (task.seed + OTHER_BEGINNING, length))
    again = materialize("bootstrap_records", drawn, SYNTHETIC_RECORDS)
    true, published = (
        materialize(f"bootstrap_{name}", count_at_once(records, Limits(1, length)), COMBINATION_COUNTS)
        for name, records in (("true", fitted), ("published", again))
    )
    return compare_rehearsed(true, published, floor)


def _measure(fitted: DataFrame, task: FittingTask, noise: tuple[int, Sequence[Mechanism]]) -> DataFrame:
    max_attributes, mechanisms = noise
    return measure_subsets(truncate_records(fitted, max_attributes), task.slots, task.subsets, mechanisms)


def compare_rehearsed(true: DataFrame, published: DataFrame, floor: int) -> DataFrame:
    """METRICS of counts with noise against the counts they were measured from; both COMBINATION_COUNTS."""
    expressions = expected_expressions(floor)
    pairs = pair_with_reported(true.withColumnRenamed("count", "protected_count"), published)
    by_length = pairs.groupBy("length").agg(*(value.alias(name) for name, value in expressions.items()))
    nothing = F.lit(None).cast("bigint")
    return stack_metrics(
        by_length.withColumns({"count_from": nothing, "count_to": nothing}), [*expressions], "reported"
    )


def expected_expressions(floor: int) -> dict[str, Column]:
    """Each figure as an aggregate over PAIRS, a the true and b the noisy count; null where there is nothing to average.

    * expected_absolute_error: mean of |b - a| over published combinations, b >= floor
    * expected_fabrication: share of the published combinations that nobody has, a = 0
    * expected_suppression: share of the combinations with a >= floor that are not published, b < floor
    """
    a, b, shown = F.col("a"), F.col("b"), F.col("b") >= floor
    return {
        "expected_absolute_error": F.avg(F.when(shown, F.abs(b - a).cast("double"))),
        "expected_fabrication": F.avg(F.when(shown, (a == 0).cast("double"))),
        "expected_suppression": F.avg(F.when(a >= floor, (~shown).cast("double"))),
    }
