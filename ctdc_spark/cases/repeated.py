"""Columns that seem to tell people apart who have several rows each, although no `subject_id` says so.

Counting rows for people would break the promise of a smallest group: ten rows may be three people. The sign is a column
of many values that come several times, always with the same values in other columns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from ctdc_spark.engine.sql_names import quote_name

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

_FEWEST_VALUES = 20
_FEWEST_SHARE = 0.02  # values per record: whoever has more rows than 50 on average is a place or a group
_MOST_SHARE = 0.7  # values per record: with more, hardly any comes again
_REPEATED_SHARE = 0.3  # of the values, those that come again
_CONSTANT_SHARE = 0.95  # of these, those with one value of another column
_MOST_FREQUENT = 0.8  # a column with a more frequent value is nearly constant within anything
_MOST_CANDIDATES = 3
_MOST_OTHERS = 20


def find_repeated(
    cases: DataFrame, names: Sequence[str], facts: Mapping[int, Mapping[str, Any]], has_value: Callable[[int], Column]
) -> set[int]:
    """The columns whose values seem to be people with several rows.

    Args:
        cases: string columns.
        names: of the columns.
        facts: what is known of each: records, present, distinct, most_frequent.
        has_value: for a column, by its number, whether it has a value in a row.
    """
    candidates = [i for i in facts if _may_tell_apart(facts[i])]
    candidates = sorted(candidates, key=lambda i: -facts[i]["distinct"])[:_MOST_CANDIDATES]
    return {i for i in candidates if _is_repeated(cases, i, names, facts, has_value)}


def _may_tell_apart(facts: Mapping[str, Any]) -> bool:
    number, values = facts["present"], facts["distinct"]
    return bool(values >= _FEWEST_VALUES and _FEWEST_SHARE * number <= values <= _MOST_SHARE * number)


def _is_repeated(
    cases: DataFrame,
    candidate: int,
    names: Sequence[str],
    facts: Mapping[int, Mapping[str, Any]],
    has_value: Callable[[int], Column],
) -> bool:
    """Whether most values come several times, always with the same values in at least two other columns."""
    others = [i for i in facts if i != candidate and _tells_something(facts[i], facts[candidate]["distinct"])]
    others = others[:_MOST_OTHERS]
    if len(others) < 2:
        return False
    cells = {i: F.coalesce(F.col(quote_name(names[i])), F.lit("")) for i in [candidate, *others]}
    rows = cases.where(has_value(candidate)).select(*(cell.alias(f"c{i}") for i, cell in cells.items()))
    # (value, rows that hold it, for each other column whether all of these hold the same)
    same = [(F.min(f"c{i}") == F.max(f"c{i}")).alias(f"same{i}") for i in others]
    values = rows.groupBy(f"c{candidate}").agg(F.count(F.lit(1)).alias("rows"), *same).where("rows > 1")
    counts = values.agg(F.count(F.lit(1)).alias("several"), *(F.count_if(f"same{i}").alias(f"s{i}") for i in others))
    found = counts.collect()[0]
    if found["several"] < _REPEATED_SHARE * facts[candidate]["distinct"]:
        return False
    constant = [i for i in others if found[f"s{i}"] >= _CONSTANT_SHARE * found["several"]]
    return len(constant) >= 2


def _tells_something(facts: Mapping[str, Any], most: int) -> bool:
    """Whether a column has several values, none of them in nearly all records, and fewer than the candidate."""
    number = facts["records"]
    return bool(2 <= facts["distinct"] < most / 2 and facts["most_frequent"] <= _MOST_FREQUENT * number)
