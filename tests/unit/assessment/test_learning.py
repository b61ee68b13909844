"""What is learnt from synthetic records is judged against what is learnt from real ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ctdc_spark.assessment.learning import Score, balanced_accuracy, score_learning
from tests.unit.assessment.population import drawn_anew


def by_source(scores: list[Score], learner: str) -> dict[str, float]:
    return {score.trained_on: score.accuracy for score in scores if score.learner == learner}


@pytest.fixture(scope="module")
def good() -> list[Score]:
    """Scores of good records."""
    return score_learning(drawn_anew(), 3, "work", seed=1)


@pytest.fixture(scope="module")
def poor() -> list[Score]:
    """Scores of records whose work is unrelated to the rest."""
    samples = drawn_anew()
    shuffled = samples.synthetic.copy()
    shuffled[:, 3] = np.random.default_rng(1).permutation(shuffled[:, 3])
    return score_learning(replace(samples, synthetic=shuffled), 3, "work", seed=1)


@pytest.mark.parametrize("learner", ["logistic regression", "random forest"])
def test_good_records_teach_as_much_as_real_ones_and_noise_teaches_nothing(
    good: list[Score], poor: list[Score], learner: str
) -> None:
    assert {score.target for score in good} == {"work"}
    accuracy = by_source(good, learner)
    (most_common,) = by_source(good, "most common value").values()
    assert accuracy["real"] > most_common + 0.3
    assert abs(accuracy["synthetic"] - accuracy["real"]) < 0.06
    spoilt = by_source(poor, learner)
    assert spoilt["real"] == accuracy["real"]
    assert spoilt["synthetic"] < most_common + 0.1


def test_records_that_all_agree_teach_their_one_value() -> None:
    samples = drawn_anew()
    constant = samples.synthetic.copy()
    constant[:, 3] = 2
    scores = score_learning(replace(samples, synthetic=constant), 3, "work", seed=1)
    known = samples.held_out[samples.held_out[:, 3] > 0, 3]
    share = float((known == 2).mean())
    assert by_source(scores, "logistic regression")["synthetic"] == pytest.approx(share)


def test_balanced_accuracy_is_the_mean_over_values_that_enough_people_have() -> None:
    truth = np.repeat([1, 2, 3], [60, 30, 5])
    guesses = np.concatenate([np.ones(60), np.repeat([2, 1], 15), np.full(5, 9)]).astype(np.int32)
    assert balanced_accuracy(guesses, truth.astype(np.int32)) == pytest.approx((1 + 0.5) / 2)


def test_people_without_a_value_are_left_out_but_not_where_absent_is_an_answer() -> None:
    samples = drawn_anew()
    known = samples.knowing(3)
    assert len(known.training) == (samples.training[:, 3] > 0).sum() < len(samples.training)
    flag = replace(samples, training=samples.training.copy())
    flag.training[:, 3] = np.minimum(flag.training[:, 3], 1)
    assert flag.knowing(3) is flag
