from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from ctdc_spark.synthesis.mixture import repair as mixture_repair
from ctdc_spark.synthesis.mixture.mixture import Mixture
from ctdc_spark.synthesis.mixture.repair import Repair, draw_records, repair_records
from ctdc_spark.synthesis.mixture.sample import ABSENT, sample_records
from tests.unit.synthesis.mixtures import SLOTS, make_mixture

RECORDS = 3_001


def make_model(*, full: bool) -> Mixture:
    return make_mixture(np.random.default_rng(1), 6, RECORDS, full=full)


def squared_errors(mixture: Mixture, rows: npt.NDArray[np.int32]) -> list[float]:
    """By brute force, over all sets of one, two and three attributes of different slots."""
    has = (rows[:, :, None] == np.arange(SLOTS.attributes)).any(axis=1).astype(float)
    weights, chances = mixture.weights.astype(float), mixture.chances.astype(float)
    slot = SLOTS.slot_of
    pairs = slot[:, None] < slot
    triples = pairs[:, :, None] & pairs[None]
    return [
        np.square(has.sum(axis=0) - weights @ chances).sum(),
        np.square((has.T @ has) - np.einsum("k,ka,kb->ab", weights, chances, chances))[pairs].sum(),
        np.square(
            np.einsum("na,nb,nc->abc", has, has, has, optimize=True)
            - np.einsum("k,ka,kb,kc->abc", weights, chances, chances, chances, optimize=True)
        )[triples].sum(),
    ]


@pytest.mark.parametrize("full", [True, False])
def test_counts_come_closer_to_the_model_and_single_counts_stay(full: bool) -> None:
    mixture = make_model(full=full)
    drawn = sample_records(mixture, RECORDS, np.random.default_rng(2))
    repaired = repair_records(mixture, drawn, np.random.default_rng(3))
    assert repaired.dtype == drawn.dtype
    assert np.array_equal(np.sort(drawn, axis=0), np.sort(repaired, axis=0))  # the same values in each slot
    assert (repaired == ABSENT).any() != full
    before, after = squared_errors(mixture, drawn), squared_errors(mixture, repaired)
    assert after[0] == pytest.approx(before[0])
    assert after[1] < 0.3 * before[1]
    assert after[2] < 0.5 * before[2]


@pytest.mark.parametrize("full", [True, False])
def test_what_is_short_is_kept_up_exactly(full: bool) -> None:
    mixture, rng = make_model(full=full), np.random.default_rng(4)
    drawn = sample_records(mixture, RECORDS, rng)
    repair = Repair(mixture, np.where(drawn == ABSENT, SLOTS.attributes, drawn))
    repair.sweep(rng)
    again = Repair(mixture, repair.rows)
    np.testing.assert_allclose(repair._short, again._short, atol=1e-2)
    assert not np.array_equal(repair.rows, drawn)


@pytest.mark.parametrize("full", [True, False])
def test_no_exchange_alone_makes_it_worse(full: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mixture_repair, "FEWEST_AT_ONCE", 1)
    monkeypatch.setattr(mixture_repair, "MOST_AT_ONCE", 1)
    mixture, rng = make_model(full=full), np.random.default_rng(5)
    drawn = sample_records(mixture, 200, rng)
    repair = Repair(mixture, np.where(drawn == ABSENT, SLOTS.attributes, drawn))
    costs, made = [repair.cost()], []
    exchange = repair._exchange

    def watched(*asked: object) -> None:
        rows = repair.rows.copy()
        exchange(*asked)  # type: ignore[arg-type]
        costs.append(repair.cost())
        made.append(not np.array_equal(rows, repair.rows))

    monkeypatch.setattr(repair, "_exchange", watched)
    repair.sweep(rng)
    falls = -np.diff(costs)
    assert (falls[made] > -1e-2).all()
    assert (falls[~np.array(made)] == 0).all()
    assert sum(made) > 20


def test_what_is_too_much_to_look_at_stays_as_it_was_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    mixture = make_model(full=False)
    drawn = sample_records(mixture, RECORDS, np.random.default_rng(6))
    for bound in ("MOST_WORK", "MOST_CELLS"):
        with monkeypatch.context() as patch:
            patch.setattr(mixture_repair, bound, 1_000)
            assert repair_records(mixture, drawn, np.random.default_rng(6)) is drawn
    alone = sample_records(mixture, 1, np.random.default_rng(6))
    assert repair_records(mixture, alone, np.random.default_rng(6)) is alone


def test_the_same_seed_draws_the_same_records() -> None:
    mixture = make_model(full=False)
    one, other = (draw_records(mixture, 500, np.random.default_rng(7)) for _ in range(2))
    assert np.array_equal(one, other)
    assert one.shape == (500, len(SLOTS.sizes))
