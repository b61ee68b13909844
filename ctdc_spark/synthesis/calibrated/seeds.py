"""Where candidates begin to grow: combinations that are short of copies, and good candidates with parts removed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ctdc_spark.records.records import Ids, Records
from ctdc_spark.synthesis.calibrated.lattice import Lattice

MOST_DROPPED = 3
DROPPED_SHARE = 0.6

BARRED_SHARE = 0.5
"""Share of the cut candidates that may not regain what was removed."""

BARRED = -2
"""In a row of seeds, BARRED - a means that the attribute a may not be added."""


def draw_combinations(lattice: Lattice, score: npt.NDArray[np.floating], number: int, rng: np.random.Generator) -> Ids:
    """Combinations drawn with chances in proportion to their score. Shape (number, max_length), padded with -1."""
    ends = np.cumsum(np.maximum(score, 0))
    if not ends[-1] > 0:
        return np.empty((0, lattice.max_length), np.int32)
    drawn: Ids = lattice.members[np.searchsorted(ends, rng.random(number) * ends[-1], side="right")]
    return drawn


def cut_candidates(candidates: Records, number: int, rng: np.random.Generator) -> Ids:
    """Candidates drawn at random, each without about one to three of its attributes.

    Returns:
        Attribute ids; in place of a removed one -1, or BARRED - attribute; padded with -1. Shape (number, longest).
    """
    if not len(candidates):
        return np.empty((0, 1), np.int32)
    drawn = candidates.take(rng.integers(0, len(candidates), number))
    lengths = drawn.lengths
    row = np.repeat(np.arange(number), lengths)
    position = np.arange(len(row)) - np.repeat(drawn.offsets[:-1], lengths)
    share = np.minimum(DROPPED_SHARE, rng.integers(1, MOST_DROPPED + 1, number) / lengths)
    dropped = rng.random(len(row)) < share[row]
    seeds = np.full((number, int(lengths.max())), -1, np.int32)
    barred = (rng.random(number) < BARRED_SHARE)[row]
    seeds[row, position] = np.where(dropped, np.where(barred, BARRED - drawn.attributes, -1), drawn.attributes)
    return seeds
