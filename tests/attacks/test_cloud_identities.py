"""Databricks, EMR and Airflow: who publishes cannot reach anything sensitive, who prepares cannot publish, and neither
can change what the other runs. The policies are evaluated as on their platforms, over every known action."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.bundle import read_bundle, read_yaml

ROOT = Path(__file__).parents[2]
DATABRICKS, EMR = ROOT / "deploy" / "databricks", ROOT / "deploy" / "emr"
PRINCIPALS = {f"{name}_principal": name for name in ("sensitive", "publishing", "starting")}
READS = ("s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:GetObjectAttributes")
WRITES = ("s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload")
POWERS = (
    "s3:PutBucketPolicy",
    "s3:PutObjectAcl",
    "s3:PutBucketAcl",
    "s3:PutReplicationConfiguration",
    "s3:DeleteBucket",
)
BEYOND = ("iam:PassRole", "sts:AssumeRole", "emr-serverless:StartJobRun", "elasticmapreduce:AddJobFlowSteps")
BUCKETS = ("cases", "sensitive", "staging", "public", "code")
ENCRYPTED_ON_EC2 = {
    "spark.io.encryption.enabled=true",
    "spark.authenticate=true",
    "spark.network.crypto.enabled=true",
    "spark.network.crypto.cipher=AES/GCM/NoPadding",
    "spark.eventLog.enabled=false",
    "spark.ui.enabled=false",
    "spark.log.level=OFF",
}


def read_json(name: str) -> Any:
    return json.loads((EMR / name).read_text(encoding="utf-8"))


def allows(role: str, action: str, resource: str) -> bool:
    """Whether the policy of a role allows an action: allowed somewhere and denied nowhere."""
    effects = {
        statement["Effect"]
        for statement in read_json(f"policies/{role}.json")["Statement"]
        if any(fnmatchcase(action, pattern) for pattern in listed(statement["Action"]))
        and any(fnmatchcase(resource, pattern) for pattern in listed(statement["Resource"]))
    }
    return effects == {"Allow"}


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def may(role: str, actions: tuple[str, ...]) -> set[str]:
    """The buckets where a role may do any of the actions."""
    reached = set()
    for bucket in BUCKETS:
        for resource in (f"arn:aws:s3:::ctdc-{bucket}", f"arn:aws:s3:::ctdc-{bucket}/part"):
            if any(allows(role, action, resource) for action in actions):
                reached.add(bucket)
    return reached


def test_on_emr_each_role_reads_and_writes_its_own() -> None:
    assert may("publishing", READS) == {"code", "staging", "public"}
    assert may("publishing", WRITES) == {"public"}
    assert may("sensitive", READS) == {"code", "cases", "sensitive", "staging", "public"}
    assert may("sensitive", WRITES) == {"sensitive", "staging"}


@pytest.mark.parametrize("role", ["sensitive", "publishing"])
def test_on_emr_no_role_can_give_itself_or_others_more(role: str) -> None:
    assert may(role, POWERS) == set()
    assert not any(allows(role, action, "*") for action in BEYOND)
    wide = [s for s in read_json(f"policies/{role}.json")["Statement"] if s["Effect"] == "Allow"]
    assert not any("*" in action for statement in wide for action in listed(statement["Action"]))
    assert not any(resource == "*" for statement in wide for resource in listed(statement["Resource"]))


@pytest.mark.parametrize(
    ("bucket", "let_in"),
    [
        ("cases", {"ctdc-sensitive"}),
        ("sensitive", {"ctdc-sensitive"}),
        ("staging", {"ctdc-sensitive", "ctdc-publishing"}),
    ],
)
def test_on_emr_buckets_refuse_everybody_else(bucket: str, let_in: set[str]) -> None:
    """This includes those whom a policy elsewhere in the account would let in, and connections without TLS."""
    policy = read_json(f"policies/bucket-{bucket}.json")
    own = [f"arn:aws:s3:::ctdc-{bucket}", f"arn:aws:s3:::ctdc-{bucket}/*"]
    assert all(
        (one["Effect"], one["Principal"], one["Action"], one["Resource"]) == ("Deny", "*", "s3:*", own)
        for one in policy["Statement"]
    )
    who, how = (one["Condition"] for one in policy["Statement"])
    [roles] = who["StringNotLike"].values()
    assert {role.partition(":role/")[2] for role in roles} == {*let_in, "<role of those who own the data>"}
    assert how == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize("job", ["prepare", "publish"])
def test_on_emr_records_are_encrypted_and_in_no_log(job: str) -> None:
    [step] = read_json(f"ec2/{job}.json")
    assert set(step["Args"]) >= ENCRYPTED_ON_EC2
    run = read_json(f"serverless/{job}.json")["configurationOverrides"]
    [given] = [one["properties"] for one in run["applicationConfiguration"]]
    assert given["spark.io.encryption.enabled"] == given["spark.ssl.internode.enabled"] == "true"
    assert given["spark.log.level"] == "OFF"


def test_on_emr_serverless_the_platform_keeps_no_logs_of_the_job_that_prepares() -> None:
    kept = read_json("serverless/prepare.json")["configurationOverrides"]["monitoringConfiguration"]
    assert kept["managedPersistenceMonitoringConfiguration"] == {"enabled": False}
    assert kept["s3MonitoringConfiguration"]["logUri"].startswith("s3://ctdc-sensitive/")


def test_on_ec2_disks_and_network_are_encrypted_and_jobs_have_their_own_role() -> None:
    security = read_json("ec2/security.json")
    encryption = security["EncryptionConfiguration"]
    assert encryption["EnableInTransitEncryption"] is encryption["EnableAtRestEncryption"] is True
    assert (
        encryption["AtRestEncryptionConfiguration"]["LocalDiskEncryptionConfiguration"]["EnableEbsEncryption"] is True
    )
    assert security["AuthorizationConfiguration"]["IAMConfiguration"]["EnableApplicationScopedIAMRole"] is True
    assert security["InstanceMetadataServiceConfiguration"]["MinimumInstanceMetadataServiceVersion"] == 2


def granted(principal: str) -> set[tuple[str, str]]:
    """Each privilege that a principal is granted, with its object."""
    text = (DATABRICKS / "grants.sql").read_text(encoding="utf-8")
    found = re.findall(r"^GRANT (.+) ON \w+ ([\w.]+) TO `([\w-]+)`;$", text, flags=re.MULTILINE)
    assert len(found) == len(re.findall(r"^GRANT", text, flags=re.MULTILINE)), "every grant is read"
    return {(what, on) for grants, on, to in found if to == f"{principal}-app-id" for what in grants.split(", ")}


def test_on_databricks_who_publishes_is_granted_nothing_sensitive() -> None:
    """A grant on a catalog holds for everything in it, so only its use is granted there."""
    names = {on for _, on in granted("publishing")}
    assert names == {"main", "main.ctdc", "main.ctdc.explorer", "main.ctdc_staging", "main.ctdc_staging.proven"}
    assert {what for what, on in granted("publishing") if on == "main"} == {"USE CATALOG"}


def test_on_databricks_who_publishes_cannot_change_what_was_proven() -> None:
    staged = {what for what, on in granted("publishing") if on.startswith("main.ctdc_staging")}
    assert staged == {"USE SCHEMA", "READ VOLUME"}


def test_on_databricks_who_prepares_may_change_nothing_that_is_published() -> None:
    assert {what for what, on in granted("sensitive") if on.startswith("main.ctdc.") or on == "main.ctdc"} == {
        "USE SCHEMA",
        "SELECT",
    }
    assert {what for what, on in granted("sensitive") if on == "main"} == {"USE CATALOG"}
    assert {what for what, on in granted("sensitive") if on.startswith("main.cases")} == {"USE SCHEMA", "SELECT"}


def test_on_databricks_who_starts_the_jobs_is_granted_nothing() -> None:
    text = (DATABRICKS / "grants.sql").read_text(encoding="utf-8")
    assert set(re.findall(r"TO `([\w-]+)`", text)) == {"sensitive-app-id", "publishing-app-id"}


@pytest.mark.parametrize("kind", ["serverless", "classic"])
def test_on_databricks_no_identity_sees_the_plans_or_logs_of_the_other_or_runs_its_jobs(kind: str) -> None:
    bundle = read_bundle("prod", PRINCIPALS)
    default = read_yaml("databricks.yml")["targets"]["prod"]["run_as"]["service_principal_name"]
    identities = {}
    for job in ("prepare", "publish", "release"):
        asked = bundle.jobs[f"{job}_{kind}"]
        identities[job] = asked.get("run_as", {}).get("service_principal_name", default)
        allowed = {(one["service_principal_name"], one["level"]) for one in asked.get("permissions", [])}
        assert allowed == (set() if job == "release" else {("starting", "CAN_MANAGE_RUN")})
    assert identities == {"prepare": "sensitive", "publish": "${var.publishing_principal}", "release": "starting"}


def test_on_databricks_code_and_settings_lie_where_only_the_one_who_deploys_may_write() -> None:
    """/Workspace/Shared is everybody's: whoever writes there runs as the principal that reads case records."""
    root = read_yaml("databricks.yml")["targets"]["prod"]["workspace"]["root_path"]
    assert root.startswith("/Workspace/Users/${workspace.current_user.userName}/")


def test_on_databricks_disks_of_job_clusters_are_encrypted() -> None:
    jobs = read_bundle("prod", PRINCIPALS).jobs
    clusters = [one["new_cluster"] for job in jobs.values() for one in job.get("job_clusters", [])]
    assert len(clusters) == 2
    assert all(one["enable_local_disk_encryption"] and one["data_security_mode"] == "SINGLE_USER" for one in clusters)


def test_with_airflow_an_identity_is_a_queue_with_workers_of_its_own() -> None:
    text = (ROOT / "deploy" / "airflow" / "ctdc_release.py").read_text(encoding="utf-8")
    assert "queue=connection," in text
    assert all(f'"{key}": "{value}"' in text for key, _, value in (one.partition("=") for one in ENCRYPTED_ON_EC2))


def test_no_settings_of_a_deployment_hold_a_key() -> None:
    for path in (ROOT / "deploy").rglob("settings.yaml"):
        text = path.read_text(encoding="utf-8")
        assert yaml.safe_load(text)
        assert not re.search(r"://[^/\s]*@|AKIA|secret|password|token", text, flags=re.IGNORECASE), path
