"""Ranges to propose for columns of numbers: readable edges that stand for no one's exact value."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from ctdc_spark.cases.numbers import read_number
from ctdc_spark.cases.prepare import absent_tokens
from ctdc_spark.cases.quantiles import find_quantiles
from ctdc_spark.engine.failures import explained_failures
from ctdc_spark.engine.sql_names import quote_name

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from ctdc_spark.settings import Settings

SHARES = (0.02, 0.2, 0.4, 0.6, 0.8, 0.98)
"""Shares of the numbers that lie below; the outer two say how far the numbers spread, without the extreme ones."""

_STEPS_ACROSS = 10
_STEPS_TO_ZERO = 5


def propose_edges(cases: DataFrame, names: Sequence[str], settings: Settings) -> Mapping[str, list[float]]:
    """Return edges for columns of numbers; a column whose numbers hardly differ gets none.

    Raises:
        DataError: the data cannot be read.
    """
    if not names:
        return {}
    numbers = cases.select(*(read_number(_present(name, settings)).alias(f"c{i}") for i, name in enumerate(names)))
    with explained_failures("the sensitive data"):
        shares = {f"c{i}": SHARES for i in range(len(names))}
        found = find_quantiles(numbers, shares, (settings.threshold, settings.precision))
    edges = {name: round_edges(found[f"c{i}"]) for i, name in enumerate(names)}
    return {name: of for name, of in edges.items() if of}


def round_edges(quantiles: Sequence[float]) -> list[float]:
    """Return the inner quantiles, each as a multiple of a round number that is coarse for it.

    The round number (1, 2 or 5 times a power of ten) is about a tenth of the spread, or a fifth of the quantile where
    that is less, as at the lower end of incomes.

    Example:
        >>> round_edges([18.0, 24.0, 31.0, 38.0, 47.0, 69.0])
        [25.0, 30.0, 40.0, 50.0]
    """
    if len(quantiles) < len(SHARES) or quantiles[-1] <= quantiles[0]:
        return []
    lowest, *inner, highest = quantiles
    step = _round_step((highest - lowest) / _STEPS_ACROSS)
    steps = [min(step, _round_step(abs(value) / _STEPS_TO_ZERO)) if value else step for value in inner]
    edges = {round(round(value / by) * by, 10) for value, by in zip(inner, steps, strict=True)}
    return sorted(edge for edge in edges if lowest < edge <= highest)


def _round_step(step: float) -> float:
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step * (1 - 1e-9))


def _present(name: str, settings: Settings) -> Column:
    value = F.col(quote_name(name))
    return F.when(~value.isin(absent_tokens(name, settings)), value)
