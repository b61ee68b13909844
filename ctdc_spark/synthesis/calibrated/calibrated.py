"""The calibrated synthesizer on Spark: candidates grown where the records are, weights fitted to protected counts.

    protected counts --> lattice, targets --rounds of growth (tasks) and calibration (driver)--> model --> whole records

The sensitive records give only yes-or-no answers ("at least k subjects hold this set"), and under a guarantee up to the
reporting length not even these: only the published counts are read.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ctdc_spark.errors import DataError
from ctdc_spark.records.records import concatenate
from ctdc_spark.synthesis.calibrated.growing import AskingGrower
from ctdc_spark.synthesis.calibrated.growth import LONGEST
from ctdc_spark.synthesis.calibrated.model import MODEL, frame_model
from ctdc_spark.synthesis.calibrated.problem import Problem, read_problem
from ctdc_spark.synthesis.calibrated.targets import choose_prices, make_objective
from ctdc_spark.synthesis.calibrated.training import sample, train
from ctdc_spark.synthesis.calibrated.units import Grower, LocalGrower
from ctdc_spark.synthesis.task import frame_records

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.synthesis.task import SynthesisTask

INDENT = " " * 11
"""Aligns the lines of a stage below its name."""


def synthesize_calibrated(task: SynthesisTask) -> DataFrame:
    """Train on the protected counts and sample.

    Returns:
        SYNTHETIC_RECORDS, including the rest of the model's candidates with weight 0.

    Raises:
        DataError: the guarantee needs more combinations than fit into memory.
    """
    settings = task.settings
    up_to = settings.guarantee if isinstance(settings.guarantee, int) else None
    problem = read_problem(task.reported, task.counts, settings.precision, longer=_find_longer(task, up_to))
    _check_room(problem, up_to)
    if problem.length < task.max_length or problem.units.first:
        task.report(
            f"{INDENT}calibrated on combinations of up to {problem.length} of the "
            f"{problem.lattice.attributes:,} most frequent attributes: more would not fit"
        )
    prices = choose_prices(settings.guarantee)
    objective = make_objective(problem.lattice, problem.target, prices, settings.target_number_of_records)
    grower = _make_grower(task, problem, up_to)

    def report(text: str) -> None:
        task.report(INDENT + text)

    model = train(problem.lattice, objective, grower, settings.seed, prices=prices, report=report)
    task.materialize("trained_model", frame_model(task, model, problem.units.first), MODEL)
    made = sample(model, problem.lattice, objective, settings.seed)
    allowed = concatenate([made, replace(model.candidates, weights=np.zeros(len(model.candidates), np.int64))])
    numbered = replace(allowed, attributes=allowed.attributes + np.int32(problem.units.first))
    return frame_records(task.reported.sparkSession, numbered.distinct())


def _make_grower(task: SynthesisTask, problem: Problem, up_to: int | None) -> Grower:
    """Where candidates grow: with the records, or in this process if only the lattice is needed."""
    if up_to is not None:
        held = problem.lattice.max_length
        return LocalGrower(problem.lattice, problem.units.unit_of, longest=held if held < up_to else LONGEST)
    return AskingGrower(task.oracle.divide(problem.units), problem)


def _find_longer(task: SynthesisTask, up_to: int | None) -> DataFrame | None:
    """The frequent combinations beyond the reported ones that a guarantee up to a longer length requires."""
    if up_to is None or up_to <= task.max_length:
        return None
    return task.oracle.list_frequent(task.max_length, up_to)


def _check_room(problem: Problem, up_to: int | None) -> None:
    held = problem.lattice.max_length
    if up_to is not None and held < up_to and held < problem.longest:
        raise DataError(
            f"guarantee: found {up_to}, but there are too many combinations of more than {held} attributes to hold at "
            "once; allowed here: strict, or a lower reporting_length and guarantee, or fewer columns"
        )
