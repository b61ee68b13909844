"""Usefulness for learning: what is learnt from synthetic records, tested on people who were held out.

The same learner trains once on synthetic records and once on the sensitive ones they were made from (TSTR and TRTR:
train on synthetic, or real; test on real). Guessing the most common value of the target needs no learning.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ctdc_spark.assessment.rates import wilson_rate
from ctdc_spark.errors import SparkSetupError

if TYPE_CHECKING:
    import numpy.typing as npt

    from ctdc_spark.assessment.samples import Codes, Samples

MOST_RECORDS = 20_000
"""The most records to learn from and to test on: more would change the shares by less than their intervals."""

FEWEST_OF_A_CLASS = 20
"""A value of the target counts in the balanced accuracy if at least this many of the tested people have it."""

LEARNERS = ("logistic regression", "random forest")


@dataclass(frozen=True)
class Score:
    """What one learner achieved on the people who were held out.

    Attributes:
        target: the column that was predicted from all others.
        learner: one of LEARNERS, or "most common value".
        trained_on: synthetic or real.
        tested: how many people it was tested on.
        accuracy: share predicted right.
        accuracy_low: lower end of its 95 % interval.
        accuracy_high: upper end.
        balanced_accuracy: the mean over the values of the share predicted right.
    """

    target: str
    learner: str
    trained_on: str
    tested: int
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    balanced_accuracy: float


def require_learners() -> None:
    """Make sure that the library is there.

    Raises:
        SparkSetupError: it is not.
    """
    try:
        import sklearn  # noqa: F401 - only whether it is there
    except ImportError:
        raise SparkSetupError(
            "ctdc-spark assess needs the package scikit-learn, which is not installed here: "
            "pip install 'ctdc-spark[assess]'"
        ) from None


def score_learning(samples: Samples, column: int, name: str, seed: int) -> list[Score]:
    """Train on synthetic and on real records, and test both on those held out."""
    target = samples.feature_of(column)
    samples = samples.knowing(target)
    x_test, truth = _part(samples.held_out, target)
    _, real = _part(samples.training, target)
    common = np.full(len(truth), np.argmax(np.bincount(real)), np.int32)
    scores = [_score((name, "most common value", "real"), common, truth)]
    for learner in LEARNERS:
        for source, records in (("real", samples.training), ("synthetic", samples.synthetic)):
            guesses = _predict(_new_learner(learner, seed), _part(records, target), x_test)
            scores.append(_score((name, learner, source), guesses, truth))
    return scores


def balanced_accuracy(guesses: npt.NDArray[np.int32], truth: npt.NDArray[np.int32]) -> float:
    """The mean, over values that enough people have, of the share of them whose value was guessed."""
    counts = np.bincount(truth)
    right = np.bincount(truth[guesses == truth], minlength=len(counts))
    enough = counts >= min(FEWEST_OF_A_CLASS, counts.max())
    return float((right[enough] / counts[enough]).mean())


def _part(records: Codes, target: int) -> tuple[Codes, Codes]:
    chosen = records[:MOST_RECORDS]
    return np.delete(chosen, target, axis=1), chosen[:, target]


def _new_learner(learner: str, seed: int) -> Any:
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    if learner == "logistic regression":
        return make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression(max_iter=300))
    return RandomForestClassifier(100, min_samples_leaf=5, random_state=seed)


def _predict(model: Any, known: tuple[Codes, Codes], unknown: Codes) -> npt.NDArray[np.int32]:
    x, y = known
    if len(np.unique(y)) == 1:  # nothing to learn, which logistic regression refuses
        return np.full(len(unknown), y[0], np.int32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # stopping a little early is good enough
        guesses: npt.NDArray[np.int32] = model.fit(x, y).predict(unknown)
    return guesses


def _score(named: tuple[str, str, str], guesses: npt.NDArray[np.int32], truth: npt.NDArray[np.int32]) -> Score:
    right = int((guesses == truth).sum())
    rate = wilson_rate(right, len(truth))
    low, high = max(0.0, rate.value - rate.error), min(1.0, rate.value + rate.error)
    return Score(*named, len(truth), right / len(truth), low, high, balanced_accuracy(guesses, truth))
