"""Whole copies from weights: controlled rounding, then steps of one copy as long as they improve the objective.

Only candidates and targets are used, so the trained model can be sampled again without the sensitive data.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ctdc_spark.records.records import Longs, Records
from ctdc_spark.synthesis.calibrated.incidence import Incidence
from ctdc_spark.synthesis.calibrated.targets import Objective

IMPROVEMENT = 1e-10
MOST_STEPS = 3_000


def round_weights(candidates: Records, weights: npt.NDArray[np.floating], rng: np.random.Generator) -> Longs:
    """Systematic rounding: in lexicographic order, one copy wherever the running sum passes a whole number.

    The sum over any run of neighbours is off by less than one copy, and neighbours share attributes, so short
    combinations stay close as well.

    Returns:
        Copies, each the weight rounded down or up. Shape (candidates,).
    """
    lengths = candidates.lengths
    longest = int(lengths.max(initial=0))
    # common attributes first: they have the high numbers
    table = np.full((len(candidates), longest), -1, np.int32)
    row = np.repeat(np.arange(len(candidates)), lengths)
    position = np.repeat(candidates.offsets[1:], lengths) - 1 - np.arange(len(row))
    table[row, position] = candidates.attributes
    order = np.lexsort(table.T[::-1])
    ends = np.cumsum(weights[order].astype(np.float64)) + rng.random()
    whole = np.floor(np.concatenate([[ends[0] - weights[order[0]]], ends])) if len(ends) else np.zeros(1)
    copies = np.zeros(len(candidates), np.int64)
    copies[order] = np.diff(whole).astype(np.int64)
    return copies


def refine_copies(
    incidence: Incidence, objective: Objective, copies: Longs, rng: np.random.Generator
) -> tuple[Longs, float]:
    """Add or drop single copies while the exact objective falls.

    All moves are valued at once by their exact change. Those that improve are tried together, then ever fewer of them
    until the objective really falls, because moves that share combinations interfere.

    Args:
        incidence: which candidate holds which combination.
        objective: targets and costs.
        copies: where to start. Shape (candidates,).
        rng: decides which of the improving moves go first.

    Returns:
        The copies, and the objective.
    """
    synthetic = incidence.count_exactly(copies)
    value = objective.value(synthetic)
    together = 64
    for _ in range(MOST_STEPS):
        gain, move = _value_moves(incidence, objective, synthetic, copies)
        improving = np.flatnonzero(gain > IMPROVEMENT)
        if not len(improving):
            break
        order = improving[np.argsort(-gain[improving] * rng.random(len(improving)), kind="stable")]
        number = min(len(order), together)
        while True:
            moves = np.zeros_like(copies)
            moves[order[:number]] = move[order[:number]]
            moved = synthetic + incidence.count_exactly(moves)
            reached = objective.value(moved)
            if reached < value or number == 1:
                break
            number //= 2
        if reached >= value:
            break
        synthetic, copies, value = moved, copies + moves, reached
        together = 2 * number
    return copies, value


def _value_moves(
    incidence: Incidence, objective: Objective, synthetic: Longs, copies: Longs
) -> tuple[npt.NDArray[np.float32], Longs]:
    """The better of one copy more and one copy less for each candidate: how much the objective falls, and the move."""
    now = objective.each(synthetic)
    more = incidence.add_up(now - objective.each(synthetic + 1))
    less = np.where(copies > 0, incidence.add_up(now - objective.each(synthetic - 1)), np.float32(-np.inf))
    return np.maximum(more, less), np.where(more >= less, 1, -1)
