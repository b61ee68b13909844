from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from ctdc_spark.differential_privacy.cells import lay_out, valid_cells
from ctdc_spark.differential_privacy.selection import MeasuredSubset, whole_subsets
from ctdc_spark.synthesis.mixture import fit as mixture_fit
from ctdc_spark.synthesis.mixture.fit import (
    CLEAR_A_COMPONENT,
    Effort,
    Measured,
    Turns,
    choose_components,
    fit_mixture,
    settle_records,
)
from ctdc_spark.synthesis.mixture.loss import (
    Split,
    Table,
    add_gradient,
    add_gradients,
    evaluate,
    evaluate_all,
    split_noise,
)
from ctdc_spark.synthesis.mixture.mixture import Mixture, pool_mixtures
from ctdc_spark.synthesis.mixture.sample import ABSENT, allot, distinct_records, sample_records
from tests.unit.synthesis.mixtures import SLOTS, make_mixture

RECORDS = 20_000


def make_truth(rng: np.random.Generator, *, full: bool = False) -> Mixture:
    return make_mixture(rng, 4, RECORDS, full=full)


def measure(truth: Mixture, sigma: float, rng: np.random.Generator) -> Measured:
    single = truth.count_single()
    noisy = (single + rng.normal(0, sigma, single.shape)).astype(np.float32)
    tables = [Table(None, noisy, np.full_like(single, 1 / sigma**2))]
    for block in [*lay_out(SLOTS, 2), *lay_out(SLOTS, 3)]:
        valid = valid_cells(SLOTS, block)
        counts = truth.count_block(block) + rng.normal(0, sigma, block.shape)
        precision = (valid / sigma**2).astype(np.float32)
        tables.append(Table(block, np.where(valid, counts, 0).astype(np.float32), precision))
    return Measured(SLOTS, whole_subsets(SLOTS, (1, 2, 3)), RECORDS + 50, 100.0, tables)


def test_counts_are_those_of_the_records_that_are_drawn() -> None:
    rng = np.random.default_rng(1)
    truth = make_truth(rng)
    rows = sample_records(truth, RECORDS, rng)
    single = np.bincount(rows[rows != ABSENT], minlength=SLOTS.attributes)
    assert np.abs(single - truth.count_single()).max() < 3  # dealt, not drawn at random: chance would be off by 70
    (block,) = [b for b in lay_out(SLOTS, 2) if b.second[0] == 0]
    first, second = 0, 4  # an attribute of slot 0, one of slot 1
    pairs = ((rows[:, 0] == first) & (rows[:, 1] == second)).sum()
    assert pairs == pytest.approx(truth.count_block(block)[first, second], abs=5 * np.sqrt(RECORDS) / 2)


def test_any_number_of_records_can_be_drawn() -> None:
    truth = make_truth(np.random.default_rng(2), full=True)
    for number in (0, 1, 7, 5_000):
        rows = sample_records(truth, number, np.random.default_rng(3))
        assert rows.shape == (number, len(SLOTS.sizes))
        assert (rows != ABSENT).all()
        assert distinct_records(rows).weights.sum() == number


def test_shares_are_dealt_out_to_within_one() -> None:
    weights = np.array([0.5, 2.25, 7.25])
    found = np.bincount(allot(weights, 1_000, np.random.default_rng(0)), minlength=3)
    assert np.abs(found - weights * 100).max() <= 1


def test_the_gradient_is_that_of_the_loss() -> None:
    rng = np.random.default_rng(4)
    measured = measure(make_truth(rng), 30.0, rng)
    # nothing is held back: what is held_out is what is fitted
    splits = [Split(table, table.counts, table.counts) for table in measured.tables]
    mixture = make_truth(rng)
    at = Mixture(SLOTS, mixture.weights.astype(np.float64), mixture.chances.astype(np.float64))
    by_chance, by_weight = np.zeros_like(at.chances), np.zeros_like(at.weights)
    for split in splits:
        add_gradient(at, split, by_chance, by_weight)

    def loss(moved: Mixture) -> float:
        return sum(evaluate(moved, split) for split in splits)

    for component, attribute in [(0, 0), (1, 5), (2, 15), (3, 9)]:
        step = np.zeros_like(at.chances)
        step[component, attribute] = 1e-4
        slope = (loss(replace(at, chances=at.chances + step)) - loss(replace(at, chances=at.chances - step))) / 2e-4
        assert slope == pytest.approx(2 * at.weights[component] * by_chance[component, attribute], rel=1e-3)
        step = np.zeros_like(at.weights)
        step[component] = 1.0
        slope = (loss(replace(at, weights=at.weights + step)) - loss(replace(at, weights=at.weights - step))) / 2
        assert slope == pytest.approx(2 * by_weight[component], rel=1e-3)


def test_tables_of_a_part_move_its_attributes_alone() -> None:
    rng = np.random.default_rng(12)
    part = MeasuredSubset.of(SLOTS, [1, 4, 5, 6, 11, 12, 15])
    parts = {**whole_subsets(SLOTS, (1, 2)), 3: part}
    truth, mixture = make_truth(rng), make_truth(rng)
    at = Mixture(SLOTS, mixture.weights.astype(np.float64), mixture.chances.astype(np.float64))
    exact = truth.narrow(part)
    single = measure(truth, 1.0, rng).tables[0]
    blocks = [
        Table(block, exact.count_block(block), valid_cells(part.slots, block).astype(np.float32))
        for block in lay_out(part.slots, 3)
    ]
    splits = [Split(table, table.counts, table.counts) for table in (single, *blocks)]
    by_chance, by_weight = np.zeros_like(at.chances), np.zeros_like(at.weights)
    add_gradients(at, splits, parts, by_chance, by_weight)
    for component, attribute in [(0, 1), (1, 0), (2, 5), (3, 15)]:
        step = np.zeros_like(at.chances)
        step[component, attribute] = 1e-4
        up, down = (evaluate_all(replace(at, chances=at.chances + s * step), splits, parts) for s in (1, -1))
        assert (up - down) / 2e-4 == pytest.approx(
            2 * at.weights[component] * by_chance[component, attribute], rel=1e-3
        )
    alone = np.zeros_like(at.chances)
    add_gradients(at, splits[1:], parts, alone, by_weight)
    assert np.flatnonzero(alone.any(axis=0)).tolist() == list(part.attributes)


def test_blocks_take_turns_and_their_gradients_stand_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(6)
    measured = measure(make_truth(rng), 30.0, rng)
    splits = [Split(table, table.counts, table.counts) for table in measured.tables]
    blocks = [split for split in splits if split.table.length == 3]
    assert Turns(splits, rng).deal()[1] == 1  # few cells: every step uses all
    monkeypatch.setattr(mixture_fit, "STEP_CELLS", sum(split.table.counts.size for split in blocks) // 3)
    turns = Turns(splits, rng)
    assert len(turns.always) + len(blocks) == len(splits)
    dealt, scale = turns.deal()
    assert 1 <= len(dealt) < len(blocks)
    assert scale == len(blocks) / len(dealt)
    rounds = [turns.deal()[0] for _ in range(11 * len(blocks))]
    times = Counter(id(split) for some in [dealt, *rounds] for split in some)
    assert set(times) == {id(split) for split in blocks}
    assert max(times.values()) - min(times.values()) <= 1


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("step_cells", [250_000, 1_500])
@pytest.mark.parametrize("tried", [1, pytest.param(6, marks=pytest.mark.at_length("five further tables"))])
def test_the_fit_takes_most_of_the_noise_away(
    tried: int, full: bool, step_cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mixture_fit, "STEP_CELLS", step_cells)
    before, after = [], []
    for seed in range(5, 5 + tried):
        rng = np.random.default_rng(seed)
        truth = make_truth(rng, full=full)
        measured = measure(truth, 100.0, rng)
        records, complete = settle_records(measured)
        assert complete.tolist() == [full] * len(SLOTS.sizes)
        assert records == (pytest.approx(RECORDS, abs=200) if full else pytest.approx(RECORDS + 50))
        fitted = fit_mixture(measured, rng, Effort(components=(50, 50), steps=400))
        for table in measured.tables[1:]:
            assert table.block is not None
            exact, found = truth.count_block(table.block), fitted.count_block(table.block)
            valid = table.precision > 0
            before.append((table.counts - exact)[valid])
            after.append((found - exact)[valid])
        assert fitted.records == pytest.approx(records, rel=1e-4)
    assert np.square(np.concatenate(after)).mean() < 0.25 * np.square(np.concatenate(before)).mean()


def test_the_less_noise_the_more_components_between_the_bounds() -> None:
    rng = np.random.default_rng(10)
    truth = make_truth(rng)
    effort = Effort(components=(2, 1_000))
    found = [choose_components(measure(truth, noise, rng), effort) for noise in (1e6, 10.0, 1.0)]
    assert found[0] == 2
    assert found == sorted(set(found)), "each more than the one before"
    triples = [table for table in measure(truth, 1.0, rng).tables if table.length == 3]
    assert found[-1] <= sum(table.counts.size for table in triples) / CLEAR_A_COMPONENT
    assert choose_components(measure(truth, 10.0, rng), Effort(components=(2, 3))) == 3


def test_the_parts_of_split_noise_are_independent_and_of_the_size_said() -> None:
    rng = np.random.default_rng(6)
    exact = np.full(40_000, 500.0)
    counts = (exact + rng.normal(0, 20, exact.shape)).astype(np.float32)
    split = split_noise(Table(None, counts, np.full_like(counts, 1 / 400)), 0.8, rng)
    fitted, held_out = split.fitted - exact, split.held_out - exact
    assert np.var(fitted) == pytest.approx(400 / 0.8, rel=0.05)
    assert np.var(held_out) == pytest.approx(400 / 0.2, rel=0.05)
    assert abs(np.corrcoef(fitted, held_out)[0, 1]) < 0.03


def test_pooled_counts_are_the_mean_of_the_members() -> None:
    members = [make_truth(np.random.default_rng(seed)) for seed in (7, 8)]
    pooled = pool_mixtures(members)
    mean = (members[0].count_single() + members[1].count_single()) / 2
    assert pooled.count_single() == pytest.approx(mean, rel=1e-4)
    assert pooled.records == pytest.approx(RECORDS, rel=1e-4)
