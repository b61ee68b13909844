"""Weights for candidates that fit the synthetic counts to the targets: a linear programme, solved by its saddle point.

    minimise over w >= 0 the sum over combinations c of
        over_c max(0, (A w)_c - target_c) + under_c max(0, target_c - (A w)_c) + absence_c max(0, 1 - (A w)_c)

The primal-dual hybrid gradient method (Chambolle and Pock, 2011, with the diagonal steps of Pock and Chambolle, 2011)
needs two sparse products per step and no smoothing. Its dual variables are the cost of one more copy of each
combination: the prices by which better candidates are found.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ctdc_spark.synthesis.calibrated.incidence import Incidence
from ctdc_spark.synthesis.calibrated.targets import Objective

Floats = npt.NDArray[np.float32]

BALANCE = 20.0
"""Ratio of primal to dual step. Good between 5 and 80 on five data sets: weights are of the order of ten copies."""

CHECKED_EVERY = 100


@dataclass(frozen=True)
class Fit:
    """Weights, and how well they fit.

    Attributes:
        weights: copies of each candidate, fractions allowed. Shape (candidates,).
        price: cost of one more copy of each combination; negative where there are too few. Shape (combinations,).
        synthetic: the synthetic counts. Shape (combinations,).
        value: the objective.
    """

    weights: Floats
    price: Floats
    synthetic: Floats
    value: float


def calibrate(incidence: Incidence, objective: Objective, start: tuple[Floats, Floats], steps: int) -> Fit:
    """Improve weights.

    Args:
        incidence: which candidate holds which combination.
        objective: targets and costs.
        start: weights and prices to start from; may be zeros.
        steps: steps of the method, with two matrix products each.

    Returns:
        The best weights seen at a check, with the last prices.
    """
    weights, price = start
    over, under, absence, target = (
        part.astype(np.float32) for part in (objective.over, objective.under, objective.absence, objective.target)
    )
    per_candidate = (BALANCE / np.maximum(incidence.add_up(over), 1e-30)).astype(np.float32)
    per_combination = (over / (BALANCE * np.maximum(incidence.holders, 1))).astype(np.float32)
    best = Fit(weights, price, incidence.count(weights), np.inf)
    charge = incidence.add_up(price)
    for step in range(1, steps + 1):
        moved = np.maximum(0, weights - per_candidate * charge)
        lifted = price + per_combination * incidence.count(2 * moved - weights)
        # the proximal map of the conjugate of both terms of the objective, in closed form
        price = np.clip(lifted - per_combination * target, -under, over)
        price += np.clip(lifted - per_combination + under, -absence, 0)
        weights = moved
        charge = incidence.add_up(price)
        if step % CHECKED_EVERY == 0 or step == steps:
            synthetic = incidence.count(weights)
            value = objective.value(synthetic)
            if value <= best.value:
                best = Fit(weights, price, synthetic, value)
    return Fit(best.weights, price, best.synthetic, best.value)


def plan_steps(cells: int, work: float) -> int:
    """Number of steps for a matrix of `cells` cells: the smaller the matrix, the more."""
    return int(np.clip(work / max(cells, 1), 200, 3_000))
