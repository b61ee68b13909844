"""The example for Airflow: its tasks are our stages in order, with our commands and two identities.

Airflow itself is not installed here: the file runs with stand-ins for the four names it imports.
"""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from ctdc_spark.cli.submit import command_of_job
from ctdc_spark.engine.session import delta_coordinate
from ctdc_spark.pipeline.identity import PUBLISHING
from ctdc_spark.pipeline.run import STAGES

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "deploy" / "airflow" / "ctdc_release.py"


class Variable:
    @staticmethod
    def get(_: str, default_var: str) -> str:
        return default_var


class Dag:
    def __init__(self, **asked: Any) -> None:
        self.asked = asked

    def __enter__(self) -> Dag:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class Operator:
    made: list[Operator] = []  # noqa: RUF012 - a register of the whole run

    def __init__(self, **asked: Any) -> None:
        self.asked = asked
        self.before: list[str] = []
        Operator.made.append(self)

    def __rshift__(self, after: Operator) -> Operator:
        after.before.append(self.asked["task_id"])
        return after


@pytest.fixture
def tasks(monkeypatch: pytest.MonkeyPatch) -> list[Operator]:
    names: dict[str, dict[str, type]] = {
        "airflow.models": {"Variable": Variable},
        "airflow.models.dag": {"DAG": Dag},
        "airflow.providers.apache.spark.operators.spark_submit": {"SparkSubmitOperator": Operator},
    }
    for name, members in names.items():
        parts = name.split(".")
        for depth in range(1, len(parts) + 1):
            path = ".".join(parts[:depth])
            monkeypatch.setitem(sys.modules, path, sys.modules.get(path) or ModuleType(path))
        vars(sys.modules[name]).update(members)
    monkeypatch.setattr(Operator, "made", [])
    left = runpy.run_path(str(EXAMPLE))
    assert left["dag"].asked["max_active_runs"] == 1
    return Operator.made


def test_the_tasks_are_the_stages_in_order_under_two_identities(tasks: list[Operator]) -> None:
    names = [stage.name for stage in STAGES]
    assert [task.asked["task_id"] for task in tasks] == names
    assert [task.before for task in tasks] == [[], *([name] for name in names[:-1])]
    publishing = [task.asked["task_id"] for task in tasks if task.asked["conn_id"] == "ctdc_publishing"]
    assert publishing == [name for name in names if name in PUBLISHING]
    assert {task.asked["conn_id"] for task in tasks} == {"ctdc_sensitive", "ctdc_publishing"}
    assert all(task.asked["queue"] == task.asked["conn_id"] for task in tasks), "each identity has workers of its own"


def test_a_task_submits_a_job_of_ours_with_arguments_it_takes(tasks: list[Operator]) -> None:
    releases = set()
    for task in tasks:
        job = task.asked["task_id"]
        assert (ROOT / "jobs" / Path(task.asked["application"]).name).is_file()
        parsed = command_of_job(job).make_context(job, list(task.asked["application_args"])).params
        releases.add((parsed["settings"], parsed["release_id"]))
    assert len(releases) == 1, "all tasks of a run make the same release"


def test_the_tasks_fetch_the_delta_of_the_lock(tasks: list[Operator]) -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    [spark], [delta] = (re.findall(rf"^{name}==([\d.]+)", lock, re.MULTILINE) for name in ("pyspark", "delta-spark"))
    assert {task.asked["packages"] for task in tasks} == {delta_coordinate(spark, delta)}
