"""How far a mixture's expected counts are from noisy ones, and the gradient of this loss."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from ctdc_spark.differential_privacy.cells import Block
from ctdc_spark.differential_privacy.selection import MeasuredSubset, MeasuredSubsets
from ctdc_spark.synthesis.mixture.mixture import Floats, Mixture, multiply_front


@dataclass(frozen=True)
class Table:
    """Noisy counts of one block, or of all single attributes.

    Attributes:
        block: which cells, of the subset that was measured of their length; None: single attributes.
        counts: the noisy counts. Shape as the block, or (attributes,).
        precision: 1 / sigma^2 of each count; 0 if not measured. Same shape.
    """

    block: Block | None
    counts: Floats
    precision: Floats

    @property
    def length(self) -> int:
        """How many attributes each cell has."""
        return 1 if self.block is None else len(self.block.shape)


@dataclass(frozen=True)
class Split:
    """Two noisy versions of a table, independent given the exact counts: one to fit to, one to judge by."""

    table: Table
    fitted: Floats
    held_out: Floats


def split_noise(table: Table, kept: float, rng: np.random.Generator) -> Split:
    """Split a table's noise: variances sigma^2 / kept in `fitted` and sigma^2 / (1 - kept) in `held_out`."""
    sigma = np.zeros_like(table.precision)
    np.divide(1, np.sqrt(table.precision), out=sigma, where=table.precision > 0)
    noise = rng.standard_normal(table.counts.shape, np.float32) * sigma
    spread = np.float32(np.sqrt((1 - kept) / kept))
    return Split(table, table.counts + spread * noise, table.counts - noise / spread)


def evaluate_all(mixture: Mixture, splits: Iterable[Split], subsets: MeasuredSubsets) -> float:
    """The loss on the held-out parts of the splits; tables come in order of length."""
    return sum(evaluate(narrow, split) for _, narrow, some in _narrowed(mixture, splits, subsets) for split in some)


def evaluate(mixture: Mixture, split: Split) -> float:
    """The loss on the held-out part of a split."""
    block = split.table.block
    expected = mixture.count_single() if block is None else mixture.count_block(block)
    apart = expected - split.held_out
    return float(np.vdot(apart * apart, split.table.precision))


def add_gradients(
    mixture: Mixture, splits: Iterable[Split], subsets: MeasuredSubsets, by_chance: Floats, by_weight: Floats
) -> None:
    """Add half the gradient of each table's loss, as in `add_gradient`; tables come in order of length."""
    for subset, narrow, some in _narrowed(mixture, splits, subsets):
        inner = by_chance if narrow is mixture else np.zeros_like(narrow.chances)
        for split in some:
            add_gradient(narrow, split, inner, by_weight)
        if inner is not by_chance:
            by_chance[:, subset.ids] += inner


def _narrowed(
    mixture: Mixture, splits: Iterable[Split], subsets: MeasuredSubsets
) -> Iterator[tuple[MeasuredSubset, Mixture, Iterator[Split]]]:
    """The subset that was measured of each length, the mixture of its attributes, and the tables of that length."""
    for length, some in groupby(splits, key=lambda split: split.table.length):
        yield subsets[length], mixture.narrow(subsets[length]), some


def add_gradient(mixture: Mixture, split: Split, by_chance: Floats, by_weight: Floats) -> None:
    """Add half the gradient of the fitted subset's loss.

    `by_chance` holds the gradient with respect to each chance, divided by the component's weight: shape (components,
    attributes); `by_weight` that with respect to each weight: shape (components,).
    """
    if split.table.block is None:
        rest = (mixture.count_single() - split.fitted) * split.table.precision
        by_chance += rest
        by_weight += mixture.chances @ rest
    else:
        _add_block_gradient(mixture, split, split.table.block, by_chance, by_weight)


def _add_block_gradient(mixture: Mixture, split: Split, block: Block, by_chance: Floats, by_weight: Floats) -> None:
    front, last = multiply_front(mixture.chances, block), mixture.chances[:, slice(*block.third)]
    expected: Floats = ((front * mixture.weights[:, None]).T @ last).reshape(block.shape)
    rest = ((expected - split.fitted) * split.table.precision).reshape(front.shape[1], -1)
    by_chance[:, slice(*block.third)] += front @ rest
    back = last @ rest.T  # (components, cells of the front)
    by_weight += np.einsum("kf,kf->k", front, back)
    if block.first is None:
        by_chance[:, slice(*block.second)] += back
        return
    first, second = (mixture.chances[:, slice(*subset)] for subset in (block.first, block.second))
    cells = back.reshape(len(back), *block.shape[:2])
    by_chance[:, slice(*block.first)] += np.einsum("kab,kb->ka", cells, second)
    by_chance[:, slice(*block.second)] += np.einsum("kab,ka->kb", cells, first)
