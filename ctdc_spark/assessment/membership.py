"""Membership: does the distance to the nearest synthetic record tell who was in the data?

The attacker takes a person for a member if a synthetic record is close enough. How close is learnt on one half of the
targets and tested on the other; only the release distinguishes members from people who were held out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ctdc_spark.assessment.rates import Attack, compare_successes

if TYPE_CHECKING:
    import numpy.typing as npt

    from ctdc_spark.assessment.samples import Codes, Samples

NOBODY = -1
"""Smaller than any distance."""

MOST_OTHERS = 0.9
"""The largest share of people held out that an attacker may take for members."""

CANDIDATES_AT_ONCE = 2_000
"""Synthetic records compared at once with all targets: some megabytes of distances."""


def attack_membership(samples: Samples, attempts: int) -> Attack:
    """Guess which of the training and held-out records were in the data, after learning from as many of each."""
    size = min(2 * attempts, len(samples.training), len(samples.held_out)) // 2 * 2
    candidates = np.unique(samples.synthetic, axis=0)
    near = [nearest_distances(targets[:size], candidates) for targets in (samples.training, samples.held_out)]
    learnt, tried = ([part[half::2] for part in near] for half in (0, 1))
    close = choose_threshold(*learnt)
    members, others = (int((distances <= close).sum()) for distances in tried)
    return compare_successes(("membership", None), (members, others), size // 2, None)


def nearest_distances(targets: Codes, candidates: Codes) -> npt.NDArray[np.int32]:
    """The number of features in which each target differs from the candidate nearest to it; shape (targets,)."""
    width = targets.shape[1]
    nearest = np.full(len(targets), width, np.int32)
    of_target, of_candidate = np.ascontiguousarray(targets.T), np.ascontiguousarray(candidates.T)
    for start in range(0, len(candidates), CANDIDATES_AT_ONCE):
        block = of_candidate[:, start : start + CANDIDATES_AT_ONCE]
        differing = np.zeros((len(targets), block.shape[1]), np.int16)
        for feature in range(width):
            differing += of_target[feature][:, None] != block[feature][None, :]
        nearest = np.minimum(nearest, differing.min(axis=1))
    return nearest


def choose_threshold(members: npt.NDArray[np.int32], others: npt.NDArray[np.int32]) -> int:
    """The distance up to which the share of members exceeds that of others the most; NOBODY if it never does.

    Distances that take in nearly all others do not count: whoever takes everybody for a member knows nothing.
    """
    distances = [NOBODY, *np.unique(members)]
    distances = [close for close in distances if (others <= close).mean() <= MOST_OTHERS]
    gain = [(members <= close).mean() - (others <= close).mean() for close in distances]
    return int(distances[int(np.argmax(gain))])
