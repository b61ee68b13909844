"""A mixture of independent columns: the model that is fitted to noisy counts.

A record is drawn by choosing a component, then each slot's attribute (or its absence) by that component's chances alone
(a latent class model, Lazarsfeld 1950). With a few hundred components it follows the pairs and triples of real tables
closely, but has too few parameters to follow noise that is independent in every cell.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ctdc_spark.differential_privacy.cells import Block, Slots
from ctdc_spark.differential_privacy.selection import MeasuredSubset

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Mixture:
    """The model.

    Attributes:
        slots: the shape of the records.
        weights: expected records of each component; their sum is the number of records. Shape (components,).
        chances: the chance of each attribute within a component; those of a slot and the chance that it is absent add
            up to 1. Shape (components, attributes).
    """

    slots: Slots
    weights: Floats
    chances: Floats

    @property
    def records(self) -> float:
        """The expected number of records."""
        return float(self.weights.sum())

    def narrow(self, subset: MeasuredSubset) -> Mixture:
        """The same model of the subset's attributes alone, numbered as there; itself if the subset has all."""
        if subset.slots == self.slots:
            return self
        return Mixture(subset.slots, self.weights, self.chances[:, subset.ids])

    def count_single(self) -> Floats:
        """Expected records with each attribute. Shape (attributes,)."""
        counts: Floats = self.weights @ self.chances
        return counts

    def count_block(self, block: Block) -> Floats:
        """Expected records with each set of attributes of a block. Shape as the block."""
        front = self.weights[:, None] * multiply_front(self.chances, block)
        counts: Floats = front.T @ self.chances[:, slice(*block.third)]
        return counts.reshape(block.shape)


def multiply_front(chances: Floats, block: Block) -> Floats:
    """The chance of all but the last attribute of each cell. Shape (components, cells of the front)."""
    second = chances[:, slice(*block.second)]
    if block.first is None:
        return second
    first = chances[:, slice(*block.first)]
    return (first[:, :, None] * second[:, None, :]).reshape(len(chances), -1)


def pool_mixtures(members: list[Mixture]) -> Mixture:
    """One mixture whose expected counts are the mean of the members'."""
    return Mixture(
        members[0].slots,
        np.concatenate([member.weights / np.float32(len(members)) for member in members]),
        np.concatenate([member.chances for member in members]),
    )
