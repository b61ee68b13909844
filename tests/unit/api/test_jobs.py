"""The names of jobs, known before Spark is loaded, are those of the pipeline."""

from __future__ import annotations

from pathlib import Path

import pytest

from ctdc_spark.errors import ArgumentError
from ctdc_spark.pipeline.identity import PUBLISHING
from ctdc_spark.pipeline.jobs import JOBS, STAGE_NAMES, stage_names
from ctdc_spark.pipeline.run import STAGES, PublishingStage, stages_of_job

FILES = Path(__file__).parents[3] / "jobs"


def test_the_stages_are_those_of_the_pipeline() -> None:
    assert list(STAGE_NAMES) == [stage.name for stage in STAGES]
    assert {stage.name for stage in STAGES if isinstance(stage, PublishingStage)} == PUBLISHING


@pytest.mark.parametrize("job", JOBS)
def test_a_job_runs_the_same_stages_by_name_and_by_stage(job: str) -> None:
    assert stage_names(job) == [stage.name for stage in stages_of_job(job)]


def test_every_file_of_a_job_names_one_that_there_is() -> None:
    named = {path.stem: path.read_text(encoding="utf-8").split('submit("')[1].split('"')[0] for path in FILES.glob("*")}
    assert named.pop("run_release") == "run"
    assert {job for name, job in named.items()} == set(named)
    assert set(named) | {"run"} == set(JOBS)


def test_another_name_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ArgumentError, match=r"^job: found all; allowed: run, prepare, publish, cases, "):
        stage_names("all")
