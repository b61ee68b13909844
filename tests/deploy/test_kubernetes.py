"""Kubernetes: the manifests are of one piece, and the job that publishes has nothing sensitive in its pods."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ctdc_spark.settings import load_settings
from ctdc_spark.submit import command_of_job

ROOT = Path(__file__).parents[2]
KUBERNETES = ROOT / "deploy" / "kubernetes"
ACCOUNTS = {"prepare": "ctdc-sensitive", "publish": "ctdc-publishing"}

of_each_job = pytest.mark.parametrize("job", ACCOUNTS)


def read_application(job: str) -> Any:
    return yaml.safe_load((KUBERNETES / f"{job}.yaml").read_text(encoding="utf-8"))["spec"]


def mounts(job: str, role: str) -> dict[str, bool]:
    """The paths that the pods of a role see, and whether they may write there."""
    return {
        mount["mountPath"]: not mount.get("readOnly", False) for mount in read_application(job)[role]["volumeMounts"]
    }


@of_each_job
def test_an_application_runs_a_job_of_ours(job: str) -> None:
    spec = read_application(job)
    assert spec["mainApplicationFile"] == f"local:///opt/ctdc/jobs/{job}.py"
    assert (ROOT / "jobs" / f"{job}.py").is_file()
    parsed = command_of_job(job).make_context(job, [str(one) for one in spec["arguments"]]).params
    assert parsed["settings"].startswith("/etc/ctdc/")
    assert read_application("prepare")["arguments"] == read_application("publish")["arguments"]
    assert "/etc/ctdc" in mounts(job, "driver")


@of_each_job
def test_every_mount_is_a_volume_and_every_volume_is_mounted(job: str) -> None:
    spec = read_application(job)
    named = {volume["name"] for volume in spec["volumes"]}
    mounted = {mount["name"] for role in ("driver", "executor") for mount in spec[role]["volumeMounts"]}
    assert named == mounted


def test_pods_see_the_places_that_their_stages_need_and_no_other() -> None:
    settings, warnings = load_settings(str(KUBERNETES / "settings.yaml"))
    assert not warnings
    places = {
        "cases": str(settings.sensitive_microdata_path),
        "work": settings.resolved_sensitive_dir,
        "staged": str(settings.staging_dir),
        "published": str(settings.output_dir),
    }
    for role in ("driver", "executor"):
        seen = {
            job: {name: mounts(job, role).get(str(Path(place).parent)) for name, place in places.items()}
            for job in ACCOUNTS
        }
        assert seen["prepare"] == {"cases": False, "work": True, "staged": True, "published": False}, role
        assert seen["publish"] == {"cases": None, "work": None, "staged": True, "published": True}, role


def test_each_job_has_an_account_of_its_own_that_may_start_executors() -> None:
    documents = list(yaml.safe_load_all((KUBERNETES / "accounts.yaml").read_text(encoding="utf-8")))
    accounts = {one["metadata"]["name"] for one in documents if one["kind"] == "ServiceAccount"}
    [binding] = [one for one in documents if one["kind"] == "RoleBinding"]
    assert accounts == set(ACCOUNTS.values()) == {subject["name"] for subject in binding["subjects"]}
    assert {job: read_application(job)["driver"]["serviceAccount"] for job in ACCOUNTS} == ACCOUNTS


@pytest.mark.parametrize("containerfile", ["deploy/Containerfile", "deploy/kubernetes/Containerfile"])
def test_a_container_copies_what_is_there(containerfile: str) -> None:
    text = (ROOT / containerfile).read_text(encoding="utf-8")
    copied = [words for line in re.findall(r"^COPY (.*)$", text, re.MULTILINE) for words in line.split()[:-1]]
    assert {"ctdc_spark", "requirements.lock", "pyproject.toml"} <= set(copied)
    assert all((ROOT / name).exists() for name in copied)
    assert re.search(r"^USER (?!root)\w+$", text.split("USER root")[-1], re.MULTILINE), "nothing runs as root"


def test_the_image_has_the_spark_of_the_applications() -> None:
    [image] = re.findall(r"^FROM \S+spark:([\d.]+)-", (KUBERNETES / "Containerfile").read_text(), re.MULTILINE)
    assert {read_application(job)["sparkVersion"] for job in ACCOUNTS} == {image}
