"""Fit a mixture to noisy counts: post-processing of protected numbers, which never reads the records.

It minimises the sum over measured cells of (expected - measured)^2 / sigma^2, by Adam (Kingma and Ba 2015) on the
logits of chances and weights, with ever smaller steps. If there are many cells, each step uses a new random part of
them (stochastic gradient descent, Robbins and Monro 1951); the result is a running mean of the logits (Polyak and
Juditsky 1992). When to slow down and when to stop is learnt from the noisy counts alone: Gaussian noise of known size
can be split into two independent parts (data fission, Leiner et al. 2023), one to fit to and one to judge by. Several
members, each with its own split, are fitted and pooled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ctdc_spark.differential_privacy.cells import Slots
from ctdc_spark.differential_privacy.selection import MeasuredSubsets
from ctdc_spark.synthesis.mixture.adam import Adam
from ctdc_spark.synthesis.mixture.loss import Split, Table, add_gradients, evaluate_all, split_noise
from ctdc_spark.synthesis.mixture.mixture import Floats, Mixture, pool_mixtures

SPREAD = 0.5
"""Standard deviation of the first logits around the single counts: without it all components would stay alike."""

CERTAIN = 2.0
"""Below this many standard deviations of noise, a slot is taken to have no absent records."""

REMEMBERED = np.float32(0.95)
"""How much of the running mean of the logits each step keeps."""

STEP_CELLS = 100_000
"""Cells of three attributes that one step uses, approximately; all of them if there are fewer."""


CLEAR = 5.0
"""Above this many standard deviations of noise, a count is certainly real: by chance, one cell in three million is."""

CLEAR_A_COMPONENT = 30
"""Clear counts of the longest cells that make one more component worth its time."""


@dataclass(frozen=True)
class Effort:
    """How much work goes into a fit.

    Attributes:
        components: the fewest and the most of each member; the noisy counts determine how many in between.
        members: mixtures that are fitted and pooled.
        steps: most steps of a member.
        rate: Adam's step size at the beginning.
        slowing: share of the step size left at the last step; it shrinks by the same factor at each step.
        judged_every: steps between two judgements by the held-out part of the noise.
        patience: judgements without improvement after which the step size is halved.
        slowest: share of the first step size below which a member stops.
        kept: share of the information that a member is fitted to; the rest judges it.
    """

    components: tuple[int, int] = (200, 400)
    members: int = 4
    steps: int = 1600
    rate: float = 0.1
    slowing: float = 0.1
    judged_every: int = 20
    patience: int = 2
    slowest: float = 0.02
    kept: float = 0.9


DEFAULT_EFFORT = Effort()


@dataclass(frozen=True)
class Measured:
    """Everything the fit is given; every number is protected.

    Attributes:
        slots: the public shape.
        subsets: what was measured of each length; all attributes for length 1.
        records: noisy number of records, positive.
        deviation: standard deviation of its noise.
        tables: noisy counts; the single attributes first.
    """

    slots: Slots
    subsets: MeasuredSubsets
    records: float
    deviation: float
    tables: Sequence[Table]


def fit_mixture(measured: Measured, rng: np.random.Generator, effort: Effort = DEFAULT_EFFORT) -> Mixture:
    """The mixture whose expected counts come closest to the noisy ones without following their noise."""
    return pool_mixtures([fit_member(measured, rng, effort) for _ in range(effort.members)])


def fit_member(measured: Measured, rng: np.random.Generator, effort: Effort) -> Mixture:
    """One member, with its own split of the noise."""
    splits = [split_noise(table, effort.kept, rng) for table in measured.tables]
    member = Member(measured, rng, effort)
    best, lowest, waited = member.mixture(), np.inf, 0
    turns, rate = Turns(splits, rng), effort.rate
    for step in range(1, effort.steps + 1):
        member.step(turns, rate)
        rate *= effort.slowing ** (1 / effort.steps)
        if step % effort.judged_every:
            continue
        mixture = member.mixture()
        loss = evaluate_all(mixture, splits, measured.subsets)
        waited = 0 if loss < lowest else waited + 1
        if loss < lowest:
            best, lowest = mixture, loss
        if waited > effort.patience:
            rate, waited = rate / 2, 0
        if rate < effort.slowest * effort.rate:
            break
    return best


class Turns:
    """Which tables a step uses: always single attributes and pairs; blocks of three attributes in turn."""

    def __init__(self, splits: Sequence[Split], rng: np.random.Generator) -> None:
        self._blocks = [split for split in splits if split.table.length == 3]
        self.always = [split for split in splits if split.table.length < 3]
        cells = sum(split.table.counts.size for split in self._blocks)
        self._number = -(-len(self._blocks) * min(STEP_CELLS, cells) // max(1, cells))
        self._rng, self._waiting = rng, list[int]()

    def deal(self) -> tuple[list[Split], float]:
        """The next blocks, each as often as any other, and the factor that makes their gradient stand for all."""
        if len(self._waiting) < self._number:
            self._waiting += self._rng.permutation(len(self._blocks)).tolist()
        dealt, self._waiting = self._waiting[: self._number], self._waiting[self._number :]
        return [self._blocks[place] for place in dealt], len(self._blocks) / max(1, self._number)


def choose_components(measured: Measured, effort: Effort) -> int:
    """How many components the noisy counts support: one per CLEAR_A_COMPONENT clear counts of the longest cells.

    The less noise, the more details of the data are worth following.
    """
    longest = max(table.length for table in measured.tables)
    tables = [table for table in measured.tables if table.length == longest]
    clear = sum(np.count_nonzero(table.counts * np.sqrt(table.precision) > CLEAR) for table in tables)
    fewest, most = effort.components
    return min(max(clear // CLEAR_A_COMPONENT, fewest), most)


def settle_records(measured: Measured) -> tuple[float, npt.NDArray[np.bool_]]:
    """The number of records, and which slots every record fills, as far as the noisy counts can tell.

    A slot is taken to be complete if its attributes are counted about as often as there are records. Each such slot's
    sum measures the number of records once more; the estimate is the mean of all, weighted by precision.

    Returns:
        The estimate, at least 1; shape (slots,).
    """
    single = measured.tables[0]
    bounds = measured.slots.bounds[:-1]
    held = np.add.reduceat(single.counts.astype(np.float64), bounds)
    variance = np.add.reduceat(1 / single.precision.astype(np.float64), bounds)
    complete: npt.NDArray[np.bool_] = measured.records - held < CERTAIN * np.sqrt(variance + measured.deviation**2)
    estimates = np.append(held[complete], measured.records)
    precision = 1 / np.append(variance[complete], measured.deviation**2)
    return max(1.0, float(np.average(estimates, weights=precision))), complete


def start_logits(measured: Measured, records: float, complete: npt.NDArray[np.bool_]) -> Floats:
    """Logits of each attribute's share of the records, relative to absence if the slot may be absent."""
    single = measured.tables[0]
    sizes = measured.slots.sizes
    count = np.maximum(single.counts, 0.5 / np.sqrt(single.precision))
    held = np.add.reduceat(count, measured.slots.bounds[:-1])
    absent = np.maximum(records - held, 0.01 * records)
    logits: Floats = np.log(count / np.repeat(np.where(complete, held, absent), sizes)).astype(np.float32)
    return logits


class Member:
    """One mixture while it is fitted. A slot's absence has the logit 0, or no chance where the slot is complete."""

    def __init__(self, measured: Measured, rng: np.random.Generator, effort: Effort) -> None:
        records, complete = settle_records(measured)
        self._slots, self._subsets, self._records = measured.slots, measured.subsets, np.float32(records)
        self._absent = (~complete).astype(np.float32)
        components = choose_components(measured, effort)
        noise = rng.standard_normal((components, measured.slots.attributes), np.float32)
        self._logits = start_logits(measured, records, complete) + np.float32(SPREAD) * noise
        self._shares = np.zeros(components, np.float32)
        self._mean_logits, self._mean_shares = self._logits.copy(), self._shares.copy()
        self._movers = Adam(self._logits), Adam(self._shares)

    def mixture(self) -> Mixture:
        """The running mean of the states passed through."""
        return self._mix(self._mean_logits, self._mean_shares)

    def _mix(self, logits: Floats, logit_shares: Floats) -> Mixture:
        bounds, sizes = self._slots.bounds[:-1], self._slots.sizes
        top = np.maximum.reduceat(logits, bounds, axis=1)
        top = np.where(self._absent > 0, np.maximum(top, 0), top)
        grown = np.exp(logits - np.repeat(top, sizes, axis=1))
        whole = np.add.reduceat(grown, bounds, axis=1) + self._absent * np.exp(-top)
        shares = np.exp(logit_shares - logit_shares.max())
        return Mixture(self._slots, self._records * shares / shares.sum(), grown / np.repeat(whole, sizes, axis=1))

    def step(self, turns: Turns, rate: float) -> None:
        """Take one step along the gradient of the tables whose turn it is."""
        mixture = self._mix(self._logits, self._shares)
        by_chance, by_weight = np.zeros_like(mixture.chances), np.zeros_like(mixture.weights)
        blocks, stands_for = turns.deal()
        add_gradients(mixture, blocks, self._subsets, by_chance, by_weight)
        by_chance *= np.float32(stands_for)
        by_weight *= np.float32(stands_for)
        add_gradients(mixture, turns.always, self._subsets, by_chance, by_weight)
        by_chance *= mixture.chances
        inner = np.add.reduceat(by_chance, self._slots.bounds[:-1], axis=1)
        by_logit = by_chance - mixture.chances * np.repeat(inner, self._slots.sizes, axis=1)
        by_share = mixture.weights * (by_weight - (mixture.weights @ by_weight) / self._records)
        self._movers[0].move(self._logits, mixture.weights[:, None] * by_logit, rate)
        self._movers[1].move(self._shares, by_share, rate)
        self._mean_logits += (1 - REMEMBERED) * (self._logits - self._mean_logits)
        self._mean_shares += (1 - REMEMBERED) * (self._shares - self._mean_shares)
