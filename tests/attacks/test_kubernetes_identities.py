"""Two identities on Kubernetes: neither can take the other's account, volumes, network or files.

Whoever can create pods in a namespace can use every account and mount every claim in it, and a Spark driver must create
pods; so everything in both namespaces is judged, not just what the applications happen to use. Each judge is shown
manifests that it must refuse.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.attacks.kubernetes_rules import Document, judge, of_kind

KUBERNETES = Path(__file__).parents[2] / "deploy" / "kubernetes"
MANIFESTS = sorted(path for path in KUBERNETES.glob("*.yaml") if path.name != "settings.yaml")
Documents = list[Document]


@cache
def parse_all() -> Documents:
    return [one for path in MANIFESTS for one in yaml.safe_load_all(path.read_text(encoding="utf-8"))]


def read_all() -> Documents:
    return deepcopy(parse_all())


def test_the_identities_are_apart() -> None:
    assert judge(read_all()) == []


def first(documents: Documents, kind: str, name: str | None = None, namespace: str | None = None) -> Document:
    """The first document of a kind, of a name, in a namespace."""
    return next(
        one
        for one in of_kind(documents, kind)
        if name in (None, one["metadata"]["name"]) and namespace in (None, one["metadata"].get("namespace"))
    )


def pod_of(documents: Documents, application: str, role: str = "executor") -> Document:
    pod: Document = first(documents, "SparkApplication", application)["spec"][role]["template"]["spec"]
    return pod


def one_namespace(documents: Documents) -> None:
    for document in documents:
        if document["metadata"].get("namespace"):
            document["metadata"]["namespace"] = "ctdc-sensitive"


def bind_the_other(documents: Documents) -> None:
    binding = first(documents, "RoleBinding", namespace="ctdc-sensitive")
    binding["subjects"].append({"kind": "ServiceAccount", "name": "driver", "namespace": "ctdc-publishing"})


def bind_a_cluster_role(documents: Documents) -> None:
    first(documents, "RoleBinding")["roleRef"]["kind"] = "ClusterRole"


def bind_executors(documents: Documents) -> None:
    first(documents, "RoleBinding")["subjects"][0]["name"] = "executor"


def allow(resource: str, verb: str) -> Callable[[Documents], None]:
    def change(documents: Documents) -> None:
        rule = {"apiGroups": [""], "resources": [resource], "verbs": [verb]}
        first(documents, "Role")["rules"].append(rule)

    change.__name__ = f"allow_{verb}_{resource}"
    return change


def add_a_secret_role(documents: Documents) -> None:
    documents.append({"kind": "ClusterRoleBinding", "metadata": {"name": "all"}, "subjects": []})


def give_tokens(documents: Documents) -> None:
    pod_of(documents, "ctdc-publish")["automountServiceAccountToken"] = True


def give_tokens_by_default(documents: Documents) -> None:
    del first(documents, "ServiceAccount", "default")["automountServiceAccountToken"]


def take_any_pod(documents: Documents) -> None:
    first(documents, "Namespace")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] = "privileged"


def run_as_root(documents: Documents) -> None:
    pod_of(documents, "ctdc-prepare")["securityContext"] = {"seccompProfile": {"type": "RuntimeDefault"}}


def run_as_one_user(documents: Documents) -> None:
    for role in ("driver", "executor"):
        pod_of(documents, "ctdc-publish", role)["securityContext"]["runAsUser"] = 20001


def loosen(key: str, value: Any) -> Callable[[Documents], None]:
    def change(documents: Documents) -> None:
        pod_of(documents, "ctdc-prepare", "driver")["containers"][0]["securityContext"][key] = value

    change.__name__ = f"loosen_{key}"
    return change


def drop_the_context(documents: Documents) -> None:
    del pod_of(documents, "ctdc-publish")["containers"][0]["securityContext"]


def image_of_today(documents: Documents) -> None:
    first(documents, "SparkApplication")["spec"]["image"] = "registry.example.org/ctdc-spark-kubernetes:latest"


def image_without_a_version(documents: Documents) -> None:
    first(documents, "SparkApplication")["spec"]["image"] = "registry.example.org/ctdc-spark-kubernetes"


def mount_the_machine(documents: Documents) -> None:
    pod_of(documents, "ctdc-prepare")["volumes"].append({"name": "host", "hostPath": {"path": "/"}})


def publish_cases(documents: Documents) -> None:
    volume, claim = (deepcopy(first(documents, kind)) for kind in ("PersistentVolume", "PersistentVolumeClaim"))
    volume["metadata"]["name"] = claim["spec"]["volumeName"] = "cases-for-everybody"
    volume["spec"]["claimRef"]["namespace"] = claim["metadata"]["namespace"] = "ctdc-publishing"
    documents += [volume, claim]


def let_preparing_publish(documents: Documents) -> None:
    del first(documents, "PersistentVolume", "ctdc-public-for-sensitive")["spec"]["nfs"]["readOnly"]


def let_publishing_stage(documents: Documents) -> None:
    del first(documents, "PersistentVolume", "ctdc-staging-for-publishing")["spec"]["nfs"]["readOnly"]


def leave_a_volume_to_anybody(documents: Documents) -> None:
    del first(documents, "PersistentVolume", "ctdc-sensitive-for-sensitive")["spec"]["claimRef"]


def talk_to_all(documents: Documents) -> None:
    documents.remove(first(documents, "NetworkPolicy", "nothing-else", "ctdc-publishing"))


def talk_to_the_other(documents: Documents) -> None:
    policy = first(documents, "NetworkPolicy", "among-themselves", "ctdc-sensitive")
    policy["spec"]["ingress"].append({"from": [{"namespaceSelector": {}}]})


def talk_to_the_world(documents: Documents) -> None:
    policy = first(documents, "NetworkPolicy", "drivers-to-the-api-server", "ctdc-sensitive")
    policy["spec"]["egress"][0]["to"][0]["ipBlock"]["cidr"] = "0.0.0.0/0"


def shuffle_in_the_clear(documents: Documents) -> None:
    del first(documents, "SparkApplication", "ctdc-prepare")["spec"]["sparkConf"]["spark.io.encryption.enabled"]


def keep_an_event_log(documents: Documents) -> None:
    first(documents, "SparkApplication", "ctdc-prepare")["spec"]["sparkConf"]["spark.eventLog.enabled"] = "true"


def fetch_at_the_start(documents: Documents) -> None:
    first(documents, "SparkApplication")["spec"]["deps"] = {"packages": ["io.delta:delta-spark_2.13:4.0.0"]}


@pytest.mark.parametrize(
    "change",
    [
        one_namespace,
        bind_the_other,
        bind_a_cluster_role,
        bind_executors,
        allow("secrets", "get"),
        allow("pods/exec", "create"),
        allow("pods", "patch"),
        allow("serviceaccounts/token", "create"),
        allow("persistentvolumeclaims", "create"),
        allow("rolebindings", "create"),
        allow("pods", "*"),
        add_a_secret_role,
        give_tokens,
        give_tokens_by_default,
        take_any_pod,
        run_as_root,
        run_as_one_user,
        loosen("allowPrivilegeEscalation", True),
        loosen("privileged", True),
        loosen("readOnlyRootFilesystem", False),
        loosen("capabilities", {"drop": ["ALL"], "add": ["SYS_ADMIN"]}),
        loosen("runAsUser", 0),
        drop_the_context,
        image_of_today,
        image_without_a_version,
        mount_the_machine,
        publish_cases,
        let_preparing_publish,
        let_publishing_stage,
        leave_a_volume_to_anybody,
        talk_to_all,
        talk_to_the_other,
        talk_to_the_world,
        shuffle_in_the_clear,
        keep_an_event_log,
        fetch_at_the_start,
    ],
    ids=lambda change: change.__name__,
)
def test_manifests_that_let_one_reach_the_other_are_refused(change: Callable[[Documents], None]) -> None:
    documents = read_all()
    change(documents)
    assert judge(documents) != []
