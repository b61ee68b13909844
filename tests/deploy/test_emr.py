"""EMR: the jobs' commands are ours, and the policies let each role do what it must and nothing else."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from ctdc_spark.cli.submit import command_of_job
from ctdc_spark.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]
EMR = ROOT / "deploy" / "emr"
JOBS = ("prepare", "publish")
ROLES = {"prepare": "sensitive", "publish": "publishing"}
DELTA = {
    "spark.jars": "/usr/share/aws/delta/lib/delta-spark.jar,/usr/share/aws/delta/lib/delta-storage.jar",
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
}
PYTHON = "./environment/bin/python"

of_each_job = pytest.mark.parametrize("job", JOBS)


def read(name: str) -> Any:
    return json.loads((EMR / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def settings() -> Settings:
    made, warnings = load_settings(str(EMR / "settings.yaml"))
    assert not warnings
    return made


def check_entry(entry: str, arguments: list[str], job: str) -> None:
    """The file exists here, and its command takes these arguments."""
    assert entry == f"s3://ctdc-code/jobs/{job}.py"
    assert (ROOT / "jobs" / f"{job}.py").is_file()
    parsed = command_of_job(job).make_context(job, list(arguments)).params
    assert parsed["settings"] == "s3://ctdc-code/settings.yaml"
    assert parsed["release_id"]


@of_each_job
def test_a_job_run_of_emr_serverless(job: str) -> None:
    run = read(f"serverless/{job}.json")
    submitted = run["jobDriver"]["sparkSubmit"]
    check_entry(submitted["entryPoint"], submitted["entryPointArguments"], job)
    assert run["executionRoleArn"].endswith(f"role/ctdc-{ROLES[job]}")
    [overrides] = run["configurationOverrides"]["applicationConfiguration"]
    properties = overrides["properties"]
    assert overrides["classification"] == "spark-defaults"
    assert properties.items() >= DELTA.items()
    assert properties["spark.archives"].endswith("/environment.tar.gz#environment")
    assert {value for key, value in properties.items() if "PYSPARK" in key} == {PYTHON}
    assert sum("PYSPARK" in key for key in properties) == 3


@of_each_job
def test_a_step_of_emr_on_ec2(job: str) -> None:
    [step] = read(f"ec2/{job}.json")
    arguments = step["Args"]
    at = next(i for i, argument in enumerate(arguments) if argument.endswith(".py"))
    check_entry(arguments[at], arguments[at + 1 :], job)
    options = dict(zip(arguments[:at:2], arguments[1:at:2], strict=True))
    configured = dict(
        value.split("=", 1) for key, value in zip(arguments[:at:2], arguments[1:at:2], strict=True) if key == "--conf"
    )
    assert options["--deploy-mode"] == "cluster"
    assert options["--archives"].endswith("/environment.tar.gz#environment")
    assert configured.items() >= DELTA.items()
    assert configured["spark.yarn.appMasterEnv.PYSPARK_PYTHON"] == PYTHON


def test_both_jobs_make_the_same_release() -> None:
    runs = [read(f"serverless/{job}.json")["jobDriver"]["sparkSubmit"]["entryPointArguments"] for job in JOBS]
    steps = [read(f"ec2/{job}.json")[0]["Args"][-4:] for job in JOBS]
    assert runs[0] == runs[1] == steps[0] == steps[1]


def allows(policy: dict[str, Any], action: str, resource: str) -> bool:
    """Whether a policy allows an action: allowed somewhere and denied nowhere."""
    effects = {
        statement["Effect"]
        for statement in policy["Statement"]
        if any(fnmatchcase(action, pattern) for pattern in as_list(statement["Action"]))
        and any(fnmatchcase(resource, pattern) for pattern in as_list(statement["Resource"]))
    }
    return effects == {"Allow"}


def as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def may(role: str, place: str) -> str:
    """What a role may do with an object of a place: some of r(ead), w(rite), d(elete)."""
    policy = read(f"policies/{role}.json")
    resource = "arn:aws:s3:::" + place.removeprefix("s3://").split("*")[0] + "/part"
    actions = {"r": "s3:GetObject", "w": "s3:PutObject", "d": "s3:DeleteObject"}
    return "".join(letter for letter, action in actions.items() if allows(policy, action, resource))


def test_each_role_may_do_what_its_stages_do_and_nothing_else(settings: Settings) -> None:
    places = {
        "cases": str(settings.sensitive_microdata_path),
        "work": settings.resolved_sensitive_dir,
        "staged": str(settings.staging_dir),
        "published": str(settings.output_dir),
    }
    assert {name: may("sensitive", place) for name, place in places.items()} == {
        "cases": "r",
        "work": "rwd",
        "staged": "rwd",
        "published": "r",
    }
    assert {name: may("publishing", place) for name, place in places.items()} == {
        "cases": "",
        "work": "",
        "staged": "r",
        "published": "rwd",
    }


@pytest.mark.parametrize("role", ROLES.values())
def test_a_role_can_list_the_places_whose_objects_it_reads(role: str) -> None:
    policy = read(f"policies/{role}.json")
    for bucket in ("ctdc-code", "ctdc-cases", "ctdc-sensitive", "ctdc-staging", "ctdc-public"):
        listed = allows(policy, "s3:ListBucket", f"arn:aws:s3:::{bucket}")
        assert listed == allows(policy, "s3:GetObject", f"arn:aws:s3:::{bucket}/part")


def test_no_policy_reaches_beyond_the_named_buckets() -> None:
    for role in ROLES.values():
        assert not allows(read(f"policies/{role}.json"), "s3:GetObject", "arn:aws:s3:::somebody-elses/part")
        assert not allows(read(f"policies/{role}.json"), "iam:PassRole", "arn:aws:iam::1:role/any")
