"""A person who stops a release is told in which stage, by whatever shows its progress."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any, NoReturn

import pytest

from ctdc_spark.errors import StoppedError
from ctdc_spark.pipeline.progress import Progress
from ctdc_spark.pipeline.run import PublishingStage, run_stages
from ctdc_spark.settings import build_settings


def stop(_: object) -> NoReturn:
    raise KeyboardInterrupt


def run_stopped(folder: Path, progress: Progress) -> StoppedError:
    settings = build_settings(
        {"sensitive_microdata_path": "cases.csv", "output_dir": str(folder / "out"), "release_id": "r1", "seed": 0}
    )
    session: Any = None  # the stage ends before it is needed
    with pytest.raises(StoppedError) as stopped:
        run_stages(session, settings, progress, chosen=[PublishingStage("explore", lambda _: "write the page", stop)])
    return stopped.value


def test_a_scheduler_reads_that_the_stage_was_stopped(tmp_path: Path) -> None:
    lines = io.StringIO()
    stopped = run_stopped(tmp_path, Progress("r1", terminal=False, lines=lines))
    assert (stopped.stage, stopped.title) == ("explore", "1/1 explore")
    told = json.loads(lines.getvalue())
    assert (told["stage"], told["status"]) == ("explore", "stopped")


def test_a_person_reads_that_the_stage_was_stopped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_stopped(tmp_path, Progress("r1", terminal=True))
    assert "stopped 1/1 explore" in capsys.readouterr().err
