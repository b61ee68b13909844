"""Refuse, before the work begins, a reporting length that would produce too many combinations."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from ctdc_spark.combinations.plan import Limits, Measured, bound_by_attribute, expected_cost
from ctdc_spark.errors import DataError
from ctdc_spark.records.records import Longs

SAMPLE_COST = 40_000_000
"""Extensions the estimate may examine: about a second of one core."""

SMALLEST_SAMPLE = 0.002
"""A sample of a smaller share of the work says too little; then shorter combinations are sampled."""

CountSample = Callable[[Sequence[int], Limits], Longs]
"""Counts the frequent combinations whose lowest attribute is one of these, by length 1, 2, ..."""


def check_budget(whole: Measured, limits: Limits, budget: int, count_sample: CountSample) -> None:
    """Compare the expected number of combinations with the budget; nothing is counted if the upper bounds fit.

    Args:
        whole: measured on all records.
        limits: what will be counted.
        budget: combinations allowed, over all lengths.
        count_sample: counts exactly for some lowest attributes.

    Raises:
        DataError: more combinations are expected; states how many, and the largest length that fits.
    """
    if bound_by_attribute(whole, limits).sum() <= budget:
        return
    expected = expect_combinations(whole, limits, count_sample)
    total = np.cumsum(expected)
    if total[-1] <= budget:
        return
    fitting = int(np.searchsorted(total, budget, side="right"))
    fits = f"the largest reporting_length that fits is {fitting}" if fitting else "no reporting_length fits"
    raise DataError(
        f"reporting_length: found about {round_expected(total[-1])} combinations of up to {len(total)} attributes; "
        f"allowed: {budget:,} (max_combinations); {fits}"
        + (f" (about {round_expected(total[fitting - 1])})" if fitting else "; use fewer columns")
    )


def expect_combinations(whole: Measured, limits: Limits, count_sample: CountSample) -> npt.NDArray[np.float64]:
    """About how many combinations of each length are frequent.

    The combinations of a few evenly spread lowest attributes are counted; the upper bounds are scaled by the share
    that the counts reach of theirs.

    Args:
        whole: measured on all records.
        limits: what will be counted.
        count_sample: counts exactly for some lowest attributes.

    Returns:
        Shape (lengths,). If nothing could be sampled, the upper bounds.
    """
    bounds = bound_by_attribute(whole, limits)
    expected: npt.NDArray[np.float64] = bounds.sum(axis=1)
    length, chosen = choose_sample(whole, limits)
    if chosen:
        found = count_sample(chosen, Limits(limits.threshold, length))
        for index in range(min(length, len(expected), len(found))):
            seen = bounds[index, chosen].sum()
            expected[index] *= found[index] / seen if seen else 0.0
    return expected


def choose_sample(whole: Measured, limits: Limits) -> tuple[int, list[int]]:
    """The longest length that a small sample can estimate, and the evenly spread lowest attributes that form it."""
    cells = whole.records @ np.arange(1, whole.records.shape[1] + 1)
    for length in range(limits.max_length, 1, -1):
        cost = expected_cost(whole, length)
        share = SAMPLE_COST / float(cost.sum())
        if share < SMALLEST_SAMPLE:
            continue
        step = max(1, math.ceil(1 / share))
        chosen = [a for a in range(step // 2, len(cost), step) if cells[a] <= limits.unit_cells]
        while chosen and cost[chosen].sum() > 2 * SAMPLE_COST:
            chosen.remove(max(chosen, key=lambda attribute: float(cost[attribute])))
        if chosen:
            return length, chosen
    return 1, []


def round_expected(number: float) -> str:
    """Two significant digits: an estimate is no more exact than that."""
    if number < 1:
        return "0"
    digits = 1 - math.floor(math.log10(number))
    return f"{round(number, digits):,.0f}"
