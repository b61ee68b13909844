"""Kubernetes: the manifests are consistent, and the job that publishes has nothing sensitive in its pods."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ctdc_spark.cli.submit import command_of_job
from ctdc_spark.settings import load_settings
from tools.engines import ENGINES

ROOT = Path(__file__).parents[2]
KUBERNETES = ROOT / "deploy" / "kubernetes"
NAMESPACES = {"prepare": "ctdc-sensitive", "publish": "ctdc-publishing"}
WRITABLE = {"/tmp": "emptyDir", "/opt/spark/work-dir": "emptyDir"}  # noqa: S108 - in a pod

of_each_job = pytest.mark.parametrize("job", NAMESPACES)


def read_application(job: str) -> Any:
    return yaml.safe_load((KUBERNETES / f"{job}.yaml").read_text(encoding="utf-8"))["spec"]


def read_pod(job: str, role: str) -> Any:
    return read_application(job)[role]["template"]["spec"]


def mounts(job: str, role: str) -> dict[str, bool]:
    """The paths that the pods of a role see, and whether they may write there."""
    [container] = read_pod(job, role)["containers"]
    return {mount["mountPath"]: not mount.get("readOnly", False) for mount in container["volumeMounts"]}


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
@pytest.mark.parametrize("role", ["driver", "executor"])
def test_every_mount_is_a_volume_and_every_volume_is_mounted(job: str, role: str) -> None:
    pod = read_pod(job, role)
    [container] = pod["containers"]
    assert container["name"] == f"spark-kubernetes-{role}", "Spark finds its container by this name"
    named = {volume["name"]: volume for volume in pod["volumes"]}
    assert sorted(named) == sorted(mount["name"] for mount in container["volumeMounts"])
    by_path = {mount["mountPath"]: named[mount["name"]] for mount in container["volumeMounts"]}
    assert all(kind in by_path[path] for path, kind in WRITABLE.items()), "what Spark writes beside our places"


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
            for job in NAMESPACES
        }
        assert seen["prepare"] == {"cases": False, "work": True, "staged": True, "published": False}, role
        assert seen["publish"] == {"cases": None, "work": None, "staged": False, "published": True}, role


@of_each_job
def test_a_job_runs_in_its_namespace_whose_claims_it_mounts(job: str) -> None:
    application = yaml.safe_load((KUBERNETES / f"{job}.yaml").read_text(encoding="utf-8"))
    assert application["metadata"]["namespace"] == NAMESPACES[job]
    volumes = list(yaml.safe_load_all((KUBERNETES / "volumes.yaml").read_text(encoding="utf-8")))
    claims = {
        one["metadata"]["name"]
        for one in volumes
        if one["kind"] == "PersistentVolumeClaim" and one["metadata"]["namespace"] == NAMESPACES[job]
    }
    mounted = {
        volume["persistentVolumeClaim"]["claimName"]
        for role in ("driver", "executor")
        for volume in read_pod(job, role)["volumes"]
        if "persistentVolumeClaim" in volume
    }
    assert mounted == claims


@pytest.mark.parametrize("containerfile", ["deploy/Containerfile", "deploy/kubernetes/Containerfile"])
def test_a_container_copies_what_is_there(containerfile: str) -> None:
    text = (ROOT / containerfile).read_text(encoding="utf-8")
    copied = [words for line in re.findall(r"^COPY (?!--from)(.*)$", text, re.MULTILINE) for words in line.split()[:-1]]
    assert {"ctdc_spark", "pyproject.toml"} <= set(copied)
    assert all((ROOT / name).exists() for name in copied)


def test_the_image_has_the_spark_and_the_users_of_the_applications() -> None:
    text = (KUBERNETES / "Containerfile").read_text(encoding="utf-8")
    images = set(re.findall(r"^FROM \S+spark:([\d.]+)-", text, re.MULTILINE))
    assert {read_application(job)["sparkVersion"] for job in NAMESPACES} == images
    users = dict(re.findall(r"useradd --uid (\d+) .*? (ctdc-\w+)", text))
    for job, namespace in NAMESPACES.items():
        for role in ("driver", "executor"):
            assert users[str(read_pod(job, role)["securityContext"]["runAsUser"])] == namespace


def test_the_image_has_the_delta_that_fits_its_spark() -> None:
    text = (KUBERNETES / "Containerfile").read_text(encoding="utf-8")
    [engine] = [one for one in ENGINES if one.spark == read_application("prepare")["sparkVersion"]]
    jars = re.findall(r"^ADD --chmod=644 --checksum=sha256:[0-9a-f]{64} \\\n +\S+/([\w.-]+)\.jar", text, re.MULTILINE)
    assert jars == [f"delta-spark_2.13-{engine.delta}", f"delta-storage-{engine.delta}"]
