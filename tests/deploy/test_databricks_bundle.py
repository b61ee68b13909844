"""The Databricks bundle is consistent: references resolve, and its tasks are our stages, divided correctly."""

from __future__ import annotations

import re
from importlib import metadata
from typing import Any

import pytest

from ctdc_spark.cli.main import cli, main
from ctdc_spark.cli.options import read_settings
from ctdc_spark.pipeline.identity import PUBLISHING
from ctdc_spark.pipeline.run import STAGES
from tests.deploy.bundle import BUNDLE, read_bundle, read_yaml

PRINCIPALS = {
    "sensitive_principal": "app-of-cases",
    "publishing_principal": "app-of-publication",
    "starting_principal": "app-that-starts",
}
KINDS = ("serverless", "classic")
SENSITIVE = [stage.name for stage in STAGES if stage.name not in PUBLISHING]

of_each_kind = pytest.mark.parametrize("kind", KINDS)


def all_texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in all_texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in all_texts(item)]
    return [str(value)]


@pytest.mark.parametrize("target", ["dev", "prod"])
def test_every_reference_has_a_value_and_every_variable_a_use(target: str) -> None:
    bundle = read_bundle(target, PRINCIPALS)
    texts = " ".join(text for job in bundle.jobs.values() for text in all_texts(job))
    assert "${var." not in texts
    assert set(re.findall(r"\$\{resources\.jobs\.(\w+)\.id\}", texts)) <= bundle.jobs.keys()
    written = " ".join(path.read_text() for path in BUNDLE.rglob("*.yml"))
    assert {name for name in bundle.variables if f"${{var.{name}}}" not in written} == set()


def test_production_asks_for_all_principals() -> None:
    with pytest.raises(KeyError, match="_principal"):
        read_bundle("prod")
    assert read_yaml("databricks.yml")["targets"]["prod"]["mode"] == "production"


@of_each_kind
def test_stages_that_read_sensitive_data_run_as_another_principal_than_those_that_publish(kind: str) -> None:
    bundle = read_bundle("prod", PRINCIPALS)
    identity = read_yaml("databricks.yml")["targets"]["prod"]["run_as"]["service_principal_name"]
    assert identity == "${var.publishing_principal}"
    prepare, publish, workflow = (bundle.jobs[f"{name}_{kind}"] for name in ("prepare", "publish", "release"))
    assert prepare["run_as"] == {"service_principal_name": "app-of-cases"}
    assert "run_as" not in publish, "the target's own identity publishes"
    assert workflow["run_as"] == {"service_principal_name": "app-that-starts"}
    assert [task["task_key"] for task in prepare["tasks"]] == SENSITIVE
    assert [task["task_key"] for task in publish["tasks"]] == [s.name for s in STAGES if s.name in PUBLISHING]


@of_each_kind
def test_the_workflow_prepares_then_publishes_the_same_release(kind: str) -> None:
    workflow = read_bundle("dev").jobs[f"release_{kind}"]
    first, second = workflow["tasks"]
    assert first["run_job_task"]["job_id"] == f"${{resources.jobs.prepare_{kind}.id}}"
    assert second["run_job_task"]["job_id"] == f"${{resources.jobs.publish_{kind}.id}}"
    assert second["depends_on"] == [{"task_key": first["task_key"]}]
    assert first["run_job_task"]["job_parameters"] == second["run_job_task"]["job_parameters"]
    names = {one["name"] for one in workflow["parameters"]}
    assert first["run_job_task"]["job_parameters"] == {name: f"{{{{job.parameters.{name}}}}}" for name in names}
    assert len(workflow["schedule"]["quartz_cron_expression"].split()) == 6


def test_one_of_the_two_workflows_is_scheduled() -> None:
    jobs = read_bundle("dev").jobs
    assert sorted(jobs[f"release_{kind}"]["schedule"]["pause_status"] for kind in KINDS) == ["PAUSED", "UNPAUSED"]


@of_each_kind
def test_tasks_run_a_command_of_the_wheel_that_is_built(kind: str) -> None:
    bundle = read_bundle("dev")
    assert read_yaml("databricks.yml")["artifacts"]["wheel"]["build"].endswith("--wheel-dir dist ../..")
    for job in (bundle.jobs[f"prepare_{kind}"], bundle.jobs[f"publish_{kind}"]):
        for task in job["tasks"]:
            wheel = task["python_wheel_task"]
            points = metadata.distribution(wheel["package_name"]).entry_points
            assert points[wheel["entry_point"]].load() is main
            assert libraries_of(task, job) == ["../dist/*.whl"]


def libraries_of(task: dict[str, Any], job: dict[str, Any]) -> list[str]:
    """The libraries a task brings, on serverless compute or on a job cluster."""
    if "environment_key" in task:
        [environment] = [one for one in job["environments"] if one["environment_key"] == task["environment_key"]]
        return list(environment["spec"]["dependencies"])
    assert task["job_cluster_key"] in {one["job_cluster_key"] for one in job["job_clusters"]}
    return [library["whl"] for library in task["libraries"]]


def test_job_clusters_run_the_same_commands_as_serverless_compute() -> None:
    bundle, given = read_bundle("dev"), {"release_id": "r1"}
    for job in ("prepare", "publish"):
        assert bundle.commands(f"{job}_serverless", given) == bundle.commands(f"{job}_classic", given)


def test_the_settings_of_the_bundle_with_the_places_of_its_jobs_are_settings() -> None:
    bundle = read_bundle("dev", {"settings": str(BUNDLE / "settings.yaml")})
    commands = bundle.commands("prepare_serverless", {"release_id": "r1"}) | bundle.commands(
        "publish_serverless", {"release_id": "r1"}
    )
    assert list(commands) == [stage.name for stage in STAGES]
    made = set()
    for stage, command in commands.items():
        parsed = cli.commands[stage].make_context(stage, command[1:]).params
        settings = read_settings(str(BUNDLE / "settings.yaml"), parsed["release_id"], parsed["given"])
        assert parsed["attach"]
        made.add(settings.model_dump_json())
    assert len(made) == 1, "all stages of a release have the same settings"
    assert settings.output_schema == "dev.ctdc"
    assert str(settings.output_dir) == "/Volumes/dev/ctdc/explorer"
    assert settings.resolved_sensitive_dir == "/Volumes/dev/ctdc_sensitive/work"
