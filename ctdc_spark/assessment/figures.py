"""All attacks and all learning on one set of samples: rows in, figures out.

The samples are gathered in one task of Spark and stay there; only shares over many records leave it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pyarrow as pa

from ctdc_spark.assessment.learning import Score, score_learning
from ctdc_spark.assessment.membership import attack_membership
from ctdc_spark.assessment.outside_attacks import attack_inference, attack_linkability
from ctdc_spark.assessment.rates import Attack
from ctdc_spark.assessment.samples import FEWEST_RECORDS, Samples, read_samples

FIGURES = "figures string"
"""One row: `Figures` as JSON."""

SOME_TARGETS = 3
"""Columns that are guessed and learnt when none is named."""

LEAST_SHARE = 0.05
"""A column is chosen as a target if at least this share of people does not have its most common value."""


@dataclass(frozen=True)
class FigureRequest:
    """What to assess.

    Attributes:
        columns: names of the input columns, in order.
        targets: indices of the columns to guess and to learn; none: chosen from the data.
        attacks: which of ATTACKS.
        attempts: the most attempts of one attack on either side.
        step: sizes are multiples of it.
        seed: of the random choices.
    """

    columns: tuple[str, ...]
    targets: tuple[int, ...]
    attacks: tuple[str, ...]
    attempts: int
    step: int
    seed: int


@dataclass(frozen=True)
class Figures:
    """What an assessment found.

    Attributes:
        training: training records that the samples hold.
        held_out: records held out, in the samples.
        synthetic: synthetic records, in the samples.
        attacks: what each attack achieved.
        scores: what learners achieved.
    """

    training: int
    held_out: int
    synthetic: int
    attacks: tuple[Attack, ...] = ()
    scores: tuple[Score, ...] = ()

    @staticmethod
    def from_json(text: str) -> Figures:
        """Read back what `to_json` gave."""
        found = json.loads(text)
        attacks, scores = found.pop("attacks"), found.pop("scores")
        return Figures(**found, attacks=tuple(Attack(**a) for a in attacks), scores=tuple(Score(**s) for s in scores))

    def to_json(self) -> str:
        """The figures for machines."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @property
    def is_enough(self) -> bool:
        """Whether there were enough records of each kind."""
        return min(self.training, self.held_out, self.synthetic) >= FEWEST_RECORDS


class FigureFinder:
    """The kernel: from all rows of the samples, in one task, to one row of FIGURES."""

    def __init__(self, request: FigureRequest) -> None:
        self._asked = request

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield one row."""
        rows = [batch for batch in batches if batch.num_rows]
        if rows:
            samples = read_samples(pa.Table.from_batches(rows), self._asked.step)
            yield pa.record_batch([pa.array([find_figures(samples, self._asked).to_json()])], names=["figures"])


def find_figures(samples: Samples, request: FigureRequest) -> Figures:
    """Attack and learn; with too few records of a kind, only the numbers of records."""
    sizes = Figures(len(samples.training), len(samples.held_out), len(samples.synthetic))
    if not sizes.is_enough:
        return sizes
    np.random.seed(request.seed)  # noqa: NPY002 - the library draws from the global generator
    targets = request.targets or choose_targets(samples)
    scores = [s for t in targets for s in score_learning(samples, t, request.columns[t], request.seed)]
    attacks = _attack(samples, request, targets)
    return Figures(sizes.training, sizes.held_out, sizes.synthetic, tuple(attacks), tuple(scores))


def choose_targets(samples: Samples) -> tuple[int, ...]:
    """The columns whose values are hardest to guess without looking: those of highest entropy, not nearly constant."""
    uncertain: dict[int, float] = {}
    for feature, column in enumerate(samples.columns):
        shares = np.bincount(samples.training[:, feature]) / len(samples.training)
        if samples.columns.count(column) == 1 and shares.max() <= 1 - LEAST_SHARE:
            uncertain[column] = float(-(shares[shares > 0] * np.log(shares[shares > 0])).sum())
    return tuple(sorted(uncertain, key=lambda column: -uncertain[column])[:SOME_TARGETS])


def _attack(samples: Samples, request: FigureRequest, targets: Sequence[int]) -> list[Attack]:
    attacks = []
    if "membership" in request.attacks:
        attacks.append(attack_membership(samples, request.attempts))
    if "linkability" in request.attacks:
        attacks.append(attack_linkability(samples, request.attempts))
    if "inference" in request.attacks:
        attacks += [attack_inference(samples, t, request.columns[t], request.attempts) for t in targets]
    return attacks
