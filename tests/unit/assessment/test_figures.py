"""One kernel for all attacks and learning: which targets, which attacks, and when there are too few records."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ctdc_spark.assessment.figures import FigureFinder, FigureRequest, Figures, choose_targets
from ctdc_spark.assessment.report import Assessment
from ctdc_spark.assessment.samples import Samples
from tests.unit.assessment.population import FEATURES, drawn_anew

NAMES = tuple(f"column {i}" for i in range(FEATURES))


def to_batches(samples: Samples) -> list[pa.RecordBatch]:
    parts = (samples.training, samples.held_out, samples.synthetic)
    codes = np.concatenate(parts)
    part = np.repeat(np.arange(3, dtype=np.int32), [len(p) for p in parts])
    columns = [pa.array(part), pa.array(np.arange(len(part)))]
    columns += [pa.array([str(code) if code else None for code in codes[:, i]]) for i in range(FEATURES)]
    table = pa.table(columns, ["part", "draw", *(f"c{i}" for i in range(FEATURES))])
    return list(table.to_batches(500))


def find(samples: Samples) -> Figures:
    asked = FigureRequest(NAMES, targets=(3,), attacks=("membership",), attempts=150, step=10, seed=1)
    (batch,) = FigureFinder(asked)(iter(to_batches(samples)))
    return Figures.from_json(batch.column(0)[0].as_py())


def test_figures_travel_as_json_and_become_a_report() -> None:
    found = find(drawn_anew(305))
    assert (found.training, found.held_out, found.synthetic) == (300, 300, 1_220)
    assert [(a.attack, a.attempts) for a in found.attacks] == [("membership", 150)]
    assert {(s.target, s.trained_on) for s in found.scores} == {("column 3", "real"), ("column 3", "synthetic")}
    text = Assessment("r1", "k", "smallest groups of k = 10", 10, 0.2, found).to_markdown()
    assert "20% of the people were held out" in text
    assert "| column 3 | random forest | synthetic |" in text
    assert text.count("| membership: tell who was in the data") == 1


def test_too_few_records_of_a_kind_give_no_figures() -> None:
    found = find(drawn_anew(90))
    assert not found.is_enough
    assert found.attacks == ()
    assert found.scores == ()


def test_targets_are_the_columns_that_are_hardest_to_say() -> None:
    samples = drawn_anew()
    training = samples.training.copy()
    training[:, 0] = 1
    training[: len(training) // 50, 1] = 0
    training[len(training) // 50 :, 1] = 1
    for column in range(2, FEATURES - 3):
        training[:, column] = np.minimum(training[:, column], 2)
    chosen = choose_targets(Samples(training, samples.held_out, samples.synthetic, samples.columns))
    assert sorted(chosen) == [FEATURES - 3, FEATURES - 2, FEATURES - 1]
