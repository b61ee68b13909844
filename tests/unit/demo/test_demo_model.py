"""The probability tables of the demo data and the draws from one of them."""

from __future__ import annotations

import numpy as np
import pytest

from ctdc_spark.demo.archetypes import ARCHETYPES, KINDS
from ctdc_spark.demo.attribute import Attribute, tabulate_attribute
from ctdc_spark.demo.model import MODEL_KEY, build_model
from ctdc_spark.demo.schema import (
    AGES,
    GENDERS,
    LABOUR_FLAGS,
    MEANS_FLAGS,
    MONTHS,
    RECRUITER_FLAGS,
    SEX_FLAGS,
)
from ctdc_spark.demo.variation import Variation, vary_odds

HIGHEST = 2**32 - 1


def test_draws_follow_the_weights_of_their_row() -> None:
    weights = np.array([[1.0, 2.0, 3.0, 4.0], [8.0, 0.0, 1.0, 1.0]])
    attribute = tabulate_attribute("colour", {"shape": 2}, weights)
    stream = np.random.default_rng(5)
    shape = stream.integers(0, 2, 200_000)
    drawn = attribute.draw({"shape": shape}, stream.integers(0, 2**32, 200_000))
    for row in (0, 1):
        counts = np.bincount(drawn[shape == row], minlength=4)
        expected = weights[row] / weights[row].sum() * counts.sum()
        possible = expected > 0
        assert counts[~possible].sum() == 0
        distance = ((counts - expected)[possible] ** 2 / expected[possible]).sum()
        assert distance < 16.3  # chi-squared, 3 degrees of freedom, p = 0.001


def test_lowest_and_highest_draw_stay_in_their_row() -> None:
    attribute = tabulate_attribute("colour", {"shape": 3}, np.array([[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]]))
    shape = np.array([0, 0, 1, 1, 2, 2])
    uniform = np.array([0, HIGHEST] * 3)
    assert attribute.draw({"shape": shape}, uniform).tolist() == [1, 1, 0, 1, 0, 0]


def test_draw_at_a_threshold_belongs_to_the_next_value() -> None:
    attribute = tabulate_attribute("coin", {}, np.array([0.5, 0.5]))
    assert attribute.draw({}, np.array([2**31 - 1, 2**31])).tolist() == [0, 1]


def test_several_givens_choose_the_row_most_significant_first() -> None:
    weights = np.eye(6).reshape(2, 3, 6)
    attribute = tabulate_attribute("cell", {"row": 2, "column": 3}, weights)
    codes = {"row": np.array([0, 1, 1]), "column": np.array([2, 0, 2])}
    assert attribute.draw(codes, np.array([0, 7, HIGHEST])).tolist() == [2, 3, 5]


@pytest.mark.parametrize(
    "thresholds",
    [
        pytest.param([2**31, 2**32, 2**32], id="too many"),
        pytest.param([2**32, 2**31], id="descending"),
    ],
)
def test_attribute_refuses_a_broken_table(thresholds: list[int]) -> None:
    with pytest.raises(AssertionError, match="coin"):
        Attribute("coin", {}, 2, np.array(thresholds))


def test_odds_are_multiplied() -> None:
    varied = vary_odds(np.array([0.0, 0.5, 0.75, 1.0]), 3.0)
    assert varied == pytest.approx([0.0, 0.75, 0.9, 1.0])


def test_variation_is_the_same_in_every_run() -> None:
    numbers = Variation(MODEL_KEY).draw_uniform(2)
    assert numbers.tolist() == [0.48642712154051837, 0.5673830943064133]
    assert sorted(Variation(MODEL_KEY).draw_popularity(4)) == pytest.approx([1 / 4, 1 / 3, 1 / 2, 1])


def test_archetypes_fill_every_table() -> None:
    sizes = {
        "kinds": len(KINDS),
        "genders": len(GENDERS),
        "ages": len(AGES),
        "months": len(MONTHS),
        "means": len(MEANS_FLAGS),
        "recruiters": 1 + len(RECRUITER_FLAGS),
        "labour_types": 1 + len(LABOUR_FLAGS),
        "sex_types": len(SEX_FLAGS),
    }
    for name, archetype in ARCHETYPES.items():
        assert {field: len(getattr(archetype, field)) for field in sizes} == sizes, name
        assert all(0 <= share < 1 for share in archetype.means + archetype.sex_types), name
    assert sum(archetype.weight for archetype in ARCHETYPES.values()) == pytest.approx(1.0)


def test_model_draws_each_attribute_after_those_it_depends_on() -> None:
    known: dict[str, int] = {}
    for attribute in build_model():
        assert attribute.given.items() <= known.items(), attribute.name
        known[attribute.name] = attribute.values
    assert known["profile"] == 36
