"""Which attributes were kept, lost or distorted: the metrics of each, over all reported combinations that hold it.

Computed from reported and synthetic counts alone, so it reveals no more than the published tables do. A column's own
row covers the combinations that hold any of its attributes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctdc_spark.evaluation.tallies import ATTRIBUTE, COLUMN, SINGLE, Tally

if TYPE_CHECKING:
    from ctdc_spark.evaluation.tallies import Tallies
    from ctdc_spark.records.dictionary import Dictionary

ATTRIBUTE_METRICS = (
    "`column` string, value string, protected_count bigint, synthetic_count bigint, combinations bigint, "
    "presence double, mean_relative_error double"
)
"""One row per attribute, and one per column (value null). `combinations` and the metrics cover lengths from 2 up."""

AttributeRow = tuple[str, "str | None", "int | None", "int | None", int, "float | None", "float | None"]
"""A row of ATTRIBUTE_METRICS."""


def measure_attributes(tallies: Tallies, dictionary: Dictionary) -> list[AttributeRow]:
    """Measure each attribute and each column that is reported.

    Args:
        tallies: of the reported combinations.
        dictionary: names the attributes.

    Returns:
        Rows of ATTRIBUTE_METRICS.
    """
    reported = sorted({number for kind, number, _ in tallies if kind in (SINGLE, ATTRIBUTE)})
    rows: list[AttributeRow] = []
    for number in reported:
        said, longer = tallies.get((SINGLE, number, 0)), tallies.get((ATTRIBUTE, number, 0), Tally())
        counts = (None, None) if said is None else (said.present, said.frequent)
        name = dictionary.columns[dictionary.column_of[number]]
        rows.append((name, dictionary.values[number], *counts, *_figures(longer)))
    for column in sorted({dictionary.column_of[number] for number in reported}):
        rows.append(
            (dictionary.columns[column], None, None, None, *_figures(tallies.get((COLUMN, column, 0), Tally())))
        )
    return rows


def _figures(longer: Tally) -> tuple[int, float | None, float | None]:
    return longer.frequent, longer.presence, longer.mean_relative_error
