"""Rows of the three parts as codes."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ctdc_spark.assessment.samples import HELD_OUT, SYNTHETIC, TRAINING, read_samples

PARTS = [SYNTHETIC, TRAINING, HELD_OUT, TRAINING, TRAINING, SYNTHETIC, HELD_OUT]
SEX = ["f", "f", None, "m", "f", None, "m"]
MEANS = [["debt"], ["debt", "force"], [], ["rare"], ["force"], ["force", "debt"], None]


def rows() -> pa.Table:
    draws = pa.array([5, 2, 1, 1, 3, 4, 2], pa.int64())
    lists = pa.array(MEANS, pa.list_(pa.string()))
    return pa.table({"part": pa.array(PARTS, pa.int32()), "draw": draws, "c0": pa.array(SEX), "c1": lists})


def test_rows_are_parted_ordered_and_coded_alike() -> None:
    samples = read_samples(rows(), 1)
    sex = samples.feature_of(0)
    m, f = samples.training[0, sex], samples.training[1, sex]
    assert m != f
    assert min(m, f) > 0
    assert samples.training[:, sex].tolist() == [m, f, f]
    assert samples.held_out[:, sex].tolist() == [0, m]
    assert samples.synthetic[:, sex].tolist() == [0, f]


def test_a_list_becomes_a_feature_for_each_value_of_the_synthetic_records() -> None:
    samples = read_samples(rows(), 1)
    assert samples.columns == (0, 1, 1)  # debt and force; nothing synthetic has the rare value
    assert sorted(map(tuple, samples.training[:, 1:])) == [(0, 0), (0, 1), (1, 1)]
    assert samples.held_out[:, 1:].tolist() == [[0, 0], [0, 0]]
    assert np.array_equal(samples.synthetic[:, 1:].sum(axis=0), [2, 1])


def test_sizes_are_multiples_that_do_not_tell_how_many_there_are() -> None:
    samples = read_samples(rows(), 2)
    assert [len(part) for part in (samples.training, samples.held_out, samples.synthetic)] == [2, 2, 2]
