"""Training: rounds of growing candidates where the fit is worst and fitting their weights.

    seeds --grow--> candidates --calibrate--> weights and prices --> next round's seeds and gains

All input is protected: targets, costs, and which sets the oracle allowed. Every choice, including when to stop,
follows from these and the seed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ctdc_spark.records.records import Records, concatenate
from ctdc_spark.synthesis.calibrated.calibrate import Fit, calibrate, plan_steps
from ctdc_spark.synthesis.calibrated.incidence import Incidence
from ctdc_spark.synthesis.calibrated.lattice import EMPTY, Lattice
from ctdc_spark.synthesis.calibrated.refine import refine_copies, round_weights
from ctdc_spark.synthesis.calibrated.seeds import cut_candidates, draw_combinations
from ctdc_spark.synthesis.calibrated.targets import Objective, Prices
from ctdc_spark.synthesis.calibrated.units import Grower, GrowthOrder

WORTHLESS = 1e-7
"""Reduced costs below this are noise of 32-bit sums; the objective is of the order of one."""

DEARER = 1.3
"""The largest factor on the price of absence from one round to the next."""

SMALL_CHANGE = 0.05

SETTLED = 3
"""Rounds before the price of absence is changed: until then, absence only means that candidates are lacking."""

SLACK = 0.04

TINY = 1e-3
"""Weights below this are dropped: a thousand of them make one record."""


@dataclass(frozen=True)
class Effort:
    """How much is done; the same for all data.

    Attributes:
        rounds: the most rounds.
        enough: training ends when two rounds in a row lower the objective by less than this share.
        from_combinations: seeds of a round that are combinations.
        from_candidates: seeds of a round that are candidates with parts removed.
        work: cells of the incidence matrix times steps of one calibration; the last one takes three times as many.
        pool_cells: cells of the incidence matrix that are kept from round to round.
    """

    rounds: int = 24
    enough: float = 0.0007
    from_combinations: int = 10_000
    from_candidates: int = 25_000
    work: float = 3e8
    pool_cells: int = 4_000_000


@dataclass(frozen=True)
class TrainedModel:
    """Candidates and weights: all that sampling needs beside the objective.

    Attributes:
        candidates: sets of attributes that may become records; weights 1.
        weights: expected copies of each. Shape (candidates,).
        presence: factor on the objective's cost of absence at the end of training.
        trace: the objective after each round.
    """

    candidates: Records
    weights: npt.NDArray[np.float32]
    presence: float
    trace: tuple[float, ...]


def train(
    lattice: Lattice,
    objective: Objective,
    grower: Grower,
    seed: int,
    *,
    prices: Prices,
    effort: Effort | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> TrainedModel:
    """Find candidates and their weights.

    Args:
        lattice: the reported combinations.
        objective: from `make_objective`.
        grower: turns seeds into candidates, asking the sensitive records yes or no if the guarantee needs it.
        seed: of all random choices.
        prices: how expensive absence may become.
        effort: how much is done.
        report: called after each round.

    Returns:
        The model; without candidates if nothing may be published.
    """
    plan = effort or Effort()
    pool, fit = Records.empty(), _nothing(objective)
    incidence: Incidence | None = None
    trace: list[float] = []
    trace_start = 0
    presence = 1.0
    for number in range(plan.rounds):
        order = _order_growth(lattice, objective, (pool, fit), (plan, seed, number))
        grown = grower.grow(order)
        new = _choose_new(lattice, grown, order.worth)
        kept = np.empty(0, np.intp) if incidence is None else _choose_kept(incidence, fit, order.worth, plan)
        pool, weights = _join(pool.take(kept), fit.weights[kept], new)
        if not len(pool):
            break
        incidence = Incidence(lattice, pool)
        last = number == plan.rounds - 1 or _is_enough(trace[trace_start:], plan.enough)
        steps = plan_steps(incidence.cells, plan.work * (3 if last else 1))
        fit = calibrate(incidence, objective.with_presence(presence), (weights, fit.price), steps)
        trace.append(fit.value)
        report(f"round {number + 1}: objective {fit.value:.4f}, {len(pool):,} candidates")
        if last:
            break
        before = presence
        presence = _adapt_presence(presence, measure_presence(lattice, objective, fit.synthetic), prices, number)
        if abs(presence - before) > SMALL_CHANGE * before:  # objectives are not comparable
            trace_start = len(trace)
    kept = np.flatnonzero(fit.weights >= TINY)
    return TrainedModel(pool.take(kept), fit.weights[kept], presence, tuple(trace))


def sample(model: TrainedModel, lattice: Lattice, objective: Objective, seed: int) -> Records:
    """Whole records from a trained model.

    Returns:
        Distinct records; the weight is the number of copies.
    """
    if not len(model.candidates):
        return Records.empty()
    rng = np.random.default_rng([seed, _SAMPLING])
    incidence = Incidence(lattice, model.candidates)
    rounded = round_weights(model.candidates, model.weights, rng)
    copies, _ = refine_copies(incidence, objective.with_presence(model.presence), rounded, rng)
    made = model.candidates.take(np.flatnonzero(copies > 0))
    return Records(made.attributes, made.offsets, copies[copies > 0])


_SAMPLING = 1 << 20


def measure_presence(lattice: Lattice, objective: Objective, synthetic: npt.NDArray[np.floating]) -> float:
    """Share of the combinations of a length that would round to a copy, at the length where it is lowest."""
    shares = [
        float((synthetic[mine] >= 0.5).mean())
        for length in range(1, lattice.max_length + 1)
        if (mine := (lattice.length == length) & (objective.over > 0)).any()
    ]
    return min(shares, default=1.0)


def _nothing(objective: Objective) -> Fit:
    """The state before the first round: there are no records, and every combination is worth what it lacks."""
    zeros = np.zeros(len(objective.target), np.float32)
    return Fit(np.zeros(0, np.float32), zeros, zeros, np.inf)


def _order_growth(
    lattice: Lattice, objective: Objective, state: tuple[Records, Fit], plan: tuple[Effort, int, int]
) -> GrowthOrder:
    pool, fit = state
    effort, seed, number = plan
    rng = np.random.default_rng([seed, number])
    if not len(pool):
        worth = objective.each(fit.synthetic) - objective.each(fit.synthetic + 1)
        worth[EMPTY] = 0.0
        score = (lattice.length > 0).astype(np.float64)
    else:
        worth = -fit.price.astype(np.float64)
        score = np.where(lattice.length > 0, np.maximum(worth, 0) * np.sqrt(objective.target), 0)
    combinations = draw_combinations(lattice, score, effort.from_combinations, rng)
    used = pool.take(np.flatnonzero(fit.weights > TINY))
    cut = cut_candidates(used, effort.from_candidates, rng)
    width = max(combinations.shape[1], cut.shape[1])
    seeds = np.full((len(combinations) + len(cut), width), -1, np.int32)
    seeds[: len(combinations), : combinations.shape[1]] = combinations
    seeds[len(combinations) :, : cut.shape[1]] = cut
    return GrowthOrder(seeds, worth, (seed, number))


def _choose_new(lattice: Lattice, grown: Records, worth: npt.NDArray[np.floating]) -> Records:
    """The grown candidates that improve the fit."""
    if not len(grown):
        return grown
    return grown.take(np.flatnonzero(Incidence(lattice, grown).add_up(worth) > WORTHLESS))


def _join(pool: Records, weights: npt.NDArray[np.float32], new: Records) -> tuple[Records, npt.NDArray[np.float32]]:
    """The pool with the new candidates, each once, with starting weights."""
    both = concatenate([pool, new])
    start = np.concatenate([np.where(weights < TINY, np.float32(0), weights), np.zeros(len(new), np.float32)])
    # a candidate that is grown again keeps its entry
    _, first = np.unique(both.content_hash(0), return_index=True)
    first.sort()
    return both.take(first), start[first]


def _choose_kept(incidence: Incidence, fit: Fit, worth: npt.NDArray[np.floating], plan: Effort) -> npt.NDArray[np.intp]:
    """Candidates with a weight, and as many of those nearest to being worth one as fit."""
    reduced = incidence.add_up(worth)
    used = fit.weights >= TINY
    near = reduced > -0.2 * float(np.abs(reduced).max(initial=0))
    order = np.argsort(np.where(used, -np.inf, -reduced), kind="stable")
    mean_cells = incidence.cells / max(1, len(reduced))
    room = max(int(used.sum()), int(plan.pool_cells / mean_cells))
    kept = order[:room]
    chosen: npt.NDArray[np.intp] = np.sort(kept[used[kept] | near[kept]])
    return chosen


def _adapt_presence(factor: float, share: float, prices: Prices, number: int) -> float:
    """Raise the price of absence while too few combinations are present, and lower it when more than enough are."""
    lowest, highest = prices.presence
    goal = prices.enough_present
    if number + 1 < SETTLED or goal <= share <= goal + SLACK:
        return factor
    change = np.clip((goal / max(share, 1e-3)) ** 3, 1 / DEARER, DEARER)
    return float(np.clip(factor * change, 1.0, highest / lowest))


def _is_enough(trace: list[float], enough: float) -> bool:
    """Whether the last two rounds hardly lowered the objective."""
    return len(trace) > 2 and all(trace[-i - 1] - trace[-i] < enough * trace[-i - 1] for i in (1, 2))
