"""The trained model as a table that can be read and sampled again without the sensitive data.

    trained model + published counts --> lattice, targets --> weights scaled to the number of records --> whole records

All candidates of a model were proven with the release it belongs to, so samples from it keep the same guarantee.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ctdc_spark.cases.reported_counts import number_combinations
from ctdc_spark.combinations.protect import protect_combinations
from ctdc_spark.errors import DataError
from ctdc_spark.records.records import Records, offsets_of
from ctdc_spark.synthesis.calibrated.problem import read_problem
from ctdc_spark.synthesis.calibrated.targets import choose_prices, make_objective
from ctdc_spark.synthesis.calibrated.training import TrainedModel, sample

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row

    from ctdc_spark.combinations.protect import Resolution
    from ctdc_spark.records.counts import ProtectedCounts
    from ctdc_spark.records.dictionary import Dictionary
    from ctdc_spark.synthesis.task import SynthesisTask

MODEL = (
    "combination array<struct<column: string, value: string>>, weight double, guarantee string, presence double, "
    "objective array<double>"
)
"""What may become a record, and how many copies of it fit best. The same in every row: the guarantee of the training,
the final factor on the price of absence, and the objective after each round."""

MOST_CANDIDATES = 2_000_000
"""The most rows of a model that are collected; training keeps far fewer."""


def frame_model(task: SynthesisTask, model: TrainedModel, first: int) -> DataFrame:
    """MODEL of a trained model whose attribute a is the dictionary's `first + a`."""
    dictionary = task.dictionary
    named = [
        (dictionary.columns[column], value)
        for column, value in zip(dictionary.column_of[first:], dictionary.values[first:], strict=True)
    ]
    facts = (str(task.settings.guarantee), model.presence, [float(value) for value in model.trace])
    offsets, attributes = model.candidates.offsets.tolist(), model.candidates.attributes.tolist()
    rows = [
        ([named[a] for a in attributes[low:high]], float(weight), *facts)
        for low, high, weight in zip(offsets[:-1], offsets[1:], model.weights, strict=True)
    ]
    return task.reported.sparkSession.createDataFrame(rows, MODEL).coalesce(1)


def sample_model(
    model: Sequence[Row],
    reported: DataFrame,
    known: tuple[Dictionary, ProtectedCounts],
    resolution: Resolution,
    *,
    records: int,
    seed: int,
) -> Records:
    """Draw whole records from a trained model.

    Args:
        model: rows of MODEL, from `collect_model`.
        reported: NAMED_COUNTS, the counts published with the model's release.
        known: their attributes and these attributes' counts, from `number_attributes`.
        resolution: threshold and precision of the release.
        records: how many records to draw.
        seed: of all random choices.

    Returns:
        Distinct records; the weight is the number of copies, about `records` in all.

    Raises:
        DataError: the model holds what is not reported, so it belongs to another release.
    """
    dictionary, counts = known
    guarantee, trained = read_model(model, dictionary)
    numbered = protect_combinations(
        number_combinations(reported, dictionary), resolution.threshold, resolution.precision
    )
    problem = read_problem(numbered, counts, resolution.precision, longer=None)
    scale = records / float(trained.weights.sum())
    prices = choose_prices(int(guarantee) if guarantee.isdigit() else guarantee)
    objective = make_objective(problem.lattice, problem.target * scale, prices, records)
    candidates = trained.candidates
    if (candidates.attributes < problem.units.first).any():
        raise DataError(_FOREIGN, parameters=["model"])
    shifted = Records(candidates.attributes - np.int32(problem.units.first), candidates.offsets, candidates.weights)
    scaled = TrainedModel(shifted, trained.weights * np.float32(scale), trained.presence, trained.trace)
    try:
        made = sample(scaled, problem.lattice, objective, seed)
    except ValueError:  # a candidate with a combination that is not in the lattice
        raise DataError(_FOREIGN, parameters=["model"]) from None
    return Records(made.attributes + np.int32(problem.units.first), made.offsets, made.weights)


_FOREIGN = (
    "model: found records with attributes or combinations that are not in the published counts; allowed: the "
    "trained_model of this very release"
)


def collect_model(model: DataFrame) -> list[Row]:
    """All rows of MODEL.

    Raises:
        DataError: there are none, or too many.
    """
    rows = model.limit(MOST_CANDIDATES + 1).collect()
    if not rows or len(rows) > MOST_CANDIDATES:
        raise DataError(
            f"model: found {len(rows):,} candidates; allowed: from 1 to {MOST_CANDIDATES:,}", parameters=["model"]
        )
    return rows


def read_model(rows: Sequence[Row], dictionary: Dictionary) -> tuple[str, TrainedModel]:
    """The guarantee and the model, its attributes numbered as in the dictionary.

    Raises:
        DataError: candidates hold attributes that are not in the dictionary.
    """
    numbers = {
        (dictionary.columns[column], value): number
        for number, (column, value) in enumerate(zip(dictionary.column_of, dictionary.values, strict=True))
    }
    named = ((sorted(numbers.get(tuple(pair), -1) for pair in row["combination"]), row["weight"]) for row in rows)
    sets, weights = zip(*sorted(named), strict=True)  # sampling must not depend on the order in the table's files
    if any(found[0] < 0 for found in sets):
        raise DataError(_FOREIGN, parameters=["model"])
    candidates = Records(
        np.array([attribute for found in sets for attribute in found], np.int32),
        offsets_of(np.array([len(found) for found in sets])),
        np.ones(len(sets), np.int64),
    )
    first = rows[0]
    trained = TrainedModel(candidates, np.array(weights, np.float32), first["presence"], tuple(first["objective"]))
    return first["guarantee"], trained
