"""The published ledger of a privacy budget, accounted anew: each cost from its noise, the guarantee from all costs.

Shares no code with the accounting of a run.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from ctdc_spark.proof.findings import Finding

TOTAL = "total"
"""The column `mechanism` of the row that sums up a run."""

TOLERANCE = 1e-6
"""Relative, between results computed from the same numbers."""

SAID_TOLERANCE = Decimal("1e-9")
"""By how much a stated number may fall below the computed one, relative."""

HARDLY_EVER = 1e-9
"""Below this chance, so many equal counts are no coincidence."""

SUBJECTS_FACTOR = 10
"""Delta is at most 1 / (SUBJECTS_FACTOR x number of subjects)."""

SHORT_CHANCE = 1e-6
"""The chance that there are more subjects than are allowed for."""

ORDERS = 1_000
REFINEMENTS = 4
"""Of the search for the best order; each tries ORDERS orders between the neighbours of the best so far."""

Row = Mapping[str, Any]


def verify_costs(budget: Sequence[Row]) -> Finding:
    """Check that the cost of every use follows from its noise and sensitivity, and every total from its uses.

    Args:
        budget: rows of privacy_budget.
    """
    wrong = [row for row in budget if row["mechanism"] != TOTAL and not _close(row["rho"], cost_of(row))]
    for total in _totals(budget):
        uses = [row for row in budget if row["run"] == total["run"] and row["mechanism"] != TOTAL]
        rho = math.fsum(row["rho"] for row in uses)
        epsilon = epsilon_within(rho, total["delta"] - math.fsum(row["delta"] for row in uses))
        if not uses or not _close(total["rho"], rho) or not _close(total["epsilon"], epsilon):
            wrong.append(total)
    return Finding("costs", len(budget), len(wrong))


def cost_of(use: Row) -> float:
    """Rho of one row of privacy_budget, from its noise and its sensitivity."""
    ratio = float(use["sensitivity"] / use["scale"])
    # one use with epsilon = ratio and no delta, or Gaussian noise: both give the same rho (Bun and Steinke 2016)
    return ratio * ratio / 2


def epsilon_within(rho: float, delta: float) -> float:
    """The smallest epsilon that is known to hold with these rho and delta.

    Proposition 12 of Canonne, Kamath and Steinke (2020), solved for epsilon and minimized over all orders a:
    epsilon = a rho + (log(1 / delta) - log(a - 1) + a log(1 - 1 / a)) / (a - 1). The accounting of a run searches for
    the epsilon whose delta fits instead, so the two check each other.
    """
    if rho <= 0:
        return 0.0
    if delta <= 0:
        return math.inf
    above, least = np.geomspace(1e-9, 1e9, ORDERS), math.inf  # a - 1
    for _ in range(REFINEMENTS):
        order = 1 + above
        epsilon = order * rho + (order * np.log(above / order) - math.log(delta) - np.log(above)) / above
        best = int(np.argmin(epsilon))
        least = min(least, float(epsilon[best]))
        above = np.geomspace(above[max(best - 1, 0)], above[min(best + 1, ORDERS - 1)], ORDERS)
    return max(0.0, least)


def verify_guarantee(budget: Sequence[Row], guarantee: str, epsilon: float) -> Finding:
    """Check that a run in the privacy budget has the release's guarantee, and spent no more epsilon than was allowed.

    Args:
        budget: rows of privacy_budget.
        guarantee: as stated in the ledger of releases.
        epsilon: what the settings allow.
    """
    kept = [row["epsilon"] <= epsilon * (1 + TOLERANCE) for row in _totals(budget) if _says(row, guarantee)]
    return Finding("guarantee", 1, int(not any(kept)))


def verify_delta(budget: Sequence[Row], guarantee: str, subjects: int) -> Finding:
    """Check that delta is small enough for as many subjects as there may be, given their noisy number and its noise.

    Args:
        budget: rows of privacy_budget.
        guarantee: as stated in the ledger of releases.
        subjects: their noisy number, as stated in the ledger of releases.
    """
    said = [row for row in _totals(budget) if _says(row, guarantee)]
    uses = [row for row in budget if row["mechanism"] != TOTAL]
    scales = {row["run"]: row["scale"] for row in uses if row["purpose"] == "number of subjects"}
    small = [
        row["delta"] * SUBJECTS_FACTOR * (subjects + shortfall(scales[row["run"]])) <= 1 + TOLERANCE
        for row in said
        if row["run"] in scales
    ]
    return Finding("delta", 1, int(not any(small)))


def shortfall(scale: float) -> int:
    """By how much a count with discrete Laplace noise falls short of the true one, but for a chance of SHORT_CHANCE.

    The chance that m or more are missing is q^m / (1 + q), q = exp(-1 / scale): the sum of a geometric series.
    """
    q = math.exp(-1 / scale)
    return max(1, math.ceil(math.log(SHORT_CHANCE * (1 + q)) / math.log(q)))


def verify_noise_scales(said: Iterable[tuple[int, float | None]], budget: Sequence[Row]) -> Finding:
    """Check that the counts of each length state the noise of a run in the privacy budget.

    Args:
        said: the lengths in aggregate_counts with their noise_scale.
        budget: rows of privacy_budget.
    """
    measured = [row for row in budget if row["purpose"] == "combinations"]
    scales = {(row["length"], row["scale"]) for row in measured}
    lengths = {row["length"] for row in measured}
    pairs = list(said)
    wrong = [length for length, scale in pairs if (length, scale) not in scales and (length in lengths or scale)]
    return Finding("noise_scales", len(pairs), len(wrong), tuple(sorted(wrong)))


def verify_noisy(singles: int, equal: int, scale: float) -> Finding:
    """Check that single counts do not equal the true ones more often than noise allows.

    Fitting to all noisy counts lowers the noise of a single one; a third of its deviation is assumed to remain. If
    chance alone would make too many counts equal, the check can find nothing.

    Args:
        singles: number of single attributes that are reported.
        equal: how many of their counts equal the true ones.
        scale: of the noise on single counts.
    """
    from scipy.stats import binom  # half a second, only when needed

    by_chance = min(1.0, 3 / (scale * math.sqrt(2 * math.pi)))
    unlikely = float(binom.sf(equal - 1, singles, by_chance)) < HARDLY_EVER
    return Finding("noisy", singles, equal if unlikely else 0)


def _says(total: Row, guarantee: str) -> bool:
    """Whether a run's total gives this guarantee."""
    epsilon, delta = (_no_less(total[name], digits) for name, digits in (("epsilon", 4), ("delta", 2)))
    return guarantee == f"dp: epsilon = {epsilon}, delta = {delta}"


def _no_less(number: float, digits: int) -> str:
    """A number as it may be stated with `digits` digits: the nearest, or the next one up if the nearest is less."""
    nearest = Decimal(f"{number:.{digits - 1}e}")
    if nearest < Decimal(number) * (1 - SAID_TOLERANCE):
        nearest += Decimal((0, (1,), nearest.adjusted() - digits + 1))
    return f"{float(nearest):.{digits}g}"


def _totals(budget: Sequence[Row]) -> list[Row]:
    return [row for row in budget if row["mechanism"] == TOTAL]


def _close(said: float | None, right: float) -> bool:
    return said is not None and math.isclose(said, right, rel_tol=TOLERANCE, abs_tol=1e-12)
