"""Artificial samples for attacks: people of a few kinds, and records that give them away or do not."""

from __future__ import annotations

import numpy as np

from ctdc_spark.assessment.samples import Codes, Samples

FEATURES = 12


def draw_people(number: int, seed: int) -> Codes:
    """People whose features mostly follow their kind; shape (number, FEATURES)."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 4, number)
    follows = rng.random((number, FEATURES)) < 0.7
    return np.where(follows, kind[:, None] + 1, rng.integers(0, 5, (number, FEATURES))).astype(np.int32)


def copied(number: int = 600) -> Samples:
    """Records that are the training people themselves: the worst possible release."""
    training = draw_people(number, 1)
    return Samples(training, draw_people(number, 2), training.copy(), tuple(range(FEATURES)))


def drawn_anew(number: int = 600) -> Samples:
    """Records of other people of the same kinds: as safe as not having been in the data."""
    people = (draw_people(number, 1), draw_people(number, 2), draw_people(4 * number, 3))
    return Samples(*people, tuple(range(FEATURES)))
