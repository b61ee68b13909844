"""Faults of Kubernetes manifests that should keep two identities apart, as sentences; none if all is well."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

DRIVER_MAY = ("pods", frozenset({"create", "get", "list", "watch", "delete", "deletecollection"}))
CLUSTER_WIDE = {"Namespace", "PersistentVolume"}
KINDS = {*CLUSTER_WIDE, "ServiceAccount", "Role", "RoleBinding", "NetworkPolicy", "PersistentVolumeClaim"}
ALONE = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
ENCRYPTED = {
    "spark.authenticate": "true",
    "spark.network.crypto.enabled": "true",
    "spark.network.crypto.cipher": "AES/GCM/NoPadding",
    "spark.io.encryption.enabled": "true",
    "spark.eventLog.enabled": "false",
    "spark.ui.enabled": "false",
    "spark.log.level": "OFF",
}
Document = dict[str, Any]


def of_kind(documents: list[Document], kind: str) -> list[Document]:
    """The documents of a kind."""
    return [document for document in documents if document["kind"] == kind]


def namespaces(documents: list[Document]) -> set[str]:
    """The names of the namespaces that the documents make."""
    return {document["metadata"]["name"] for document in of_kind(documents, "Namespace")}


def pods(documents: list[Document]) -> Iterator[tuple[str, str, str, Any]]:
    """Each pod that the applications start: namespace, role, account and specification."""
    for application in of_kind(documents, "SparkApplication"):
        for role in ("driver", "executor"):
            part = application["spec"][role]
            yield application["metadata"]["namespace"], role, part["serviceAccount"], part["template"]["spec"]


def judge(documents: list[Document]) -> list[str]:
    """Every sentence of every judge."""
    of_identities = (judge_places, judge_rights, judge_accounts)
    of_pods = (judge_pods, judge_containers, judge_volumes, judge_network, judge_encryption)
    return [sentence for one in (*of_identities, *of_pods) for sentence in one(documents)]


def judge_places(documents: list[Document]) -> Iterator[str]:
    """Two namespaces, whose pods must be restricted; everything is in one of them."""
    known = namespaces(documents)
    if len(known) != 2:
        yield f"two sides in {len(known)} namespaces"
    for document in documents:
        kind, metadata = document["kind"], document["metadata"]
        if kind not in {*KINDS, "SparkApplication"}:
            yield f"a {kind}, which nobody has thought through"
        if kind not in CLUSTER_WIDE and metadata.get("namespace") not in known:
            yield f"{kind} {metadata['name']} is in no namespace of ours"
        if kind == "Namespace" and metadata["labels"].get("pod-security.kubernetes.io/enforce") != "restricted":
            yield f"{metadata['name']} takes pods that are not restricted"
    used = [application["metadata"]["namespace"] for application in of_kind(documents, "SparkApplication")]
    if sorted(used) != sorted(known):
        yield "the applications do not have a namespace each"


def judge_rights(documents: list[Document]) -> Iterator[str]:
    """Roles allow what a driver needs, and are bound to accounts of their own namespace alone."""
    for role in of_kind(documents, "Role"):
        for rule in role["rules"]:
            for resource in rule["resources"]:
                if resource != DRIVER_MAY[0] or rule["apiGroups"] != [""] or set(rule["verbs"]) - DRIVER_MAY[1]:
                    yield f"a role allows {rule['verbs']} on {resource}"
    for binding in of_kind(documents, "RoleBinding"):
        if binding["roleRef"]["kind"] != "Role":
            yield f"{binding['metadata']['name']} binds a {binding['roleRef']['kind']}"
        for subject in binding["subjects"]:
            if subject["kind"] != "ServiceAccount" or subject.get("namespace") != binding["metadata"]["namespace"]:
                yield f"{subject['kind']} {subject['name']} has rights in a namespace that is not its own"


def judge_accounts(documents: list[Document]) -> Iterator[str]:
    """Pods run as declared accounts; only drivers have a token, and executors have no rights."""
    declared = {(one["metadata"]["namespace"], one["metadata"]["name"]) for one in of_kind(documents, "ServiceAccount")}
    bound = {(s["namespace"], s["name"]) for b in of_kind(documents, "RoleBinding") for s in b["subjects"]}
    for one in of_kind(documents, "ServiceAccount"):
        if one.get("automountServiceAccountToken") is not False:
            yield f"every pod of {one['metadata']['name']} gets its token"
    for namespace in namespaces(documents):
        if (namespace, "default") not in declared:
            yield f"pods of {namespace} that name no account get the token of one"
    for namespace, role, account, pod in pods(documents):
        if (namespace, account) not in declared:
            yield f"{role} of {namespace} runs as {account}, which is not declared there"
        if pod.get("automountServiceAccountToken") is not (role == "driver"):
            yield f"{role} of {namespace}: the token is there or missing against what it needs"
        if ((namespace, account) in bound) is not (role == "driver"):
            yield f"{role} of {namespace}: its account's rights are not those of a {role}"


def judge_pods(documents: list[Document]) -> Iterator[str]:
    """No pod runs as root or reaches beyond itself; the two sides are two users."""
    users: dict[str, set[int]] = {}
    for namespace, role, _, pod in pods(documents):
        where, of_pod = f"{role} of {namespace}", pod.get("securityContext", {})
        users.setdefault(namespace, set()).add(of_pod.get("runAsUser", 0))
        if of_pod.get("runAsNonRoot") is not True or not of_pod.get("runAsUser"):
            yield f"{where} may run as root"
        if of_pod.get("seccompProfile") != {"type": "RuntimeDefault"}:
            yield f"{where} may call everything of the kernel"
        if any(pod.get(key) for key in ("hostNetwork", "hostPID", "hostIPC", "initContainers")):
            yield f"{where} reaches beyond its pod"
    if len(set().union(*users.values())) != len(users) or any(len(own) != 1 for own in users.values()):
        yield "the two sides are not two users"


def judge_containers(documents: list[Document]) -> Iterator[str]:
    """No container may gain privileges or write anywhere but in its volumes; its image is pinned."""
    for namespace, role, _, pod in pods(documents):
        for container in pod["containers"]:
            own = container.get("securityContext", {})
            if own != ALONE:
                yield f"a container of {role} of {namespace} has {own}; allowed: {ALONE}"
    for application in of_kind(documents, "SparkApplication"):
        if not re.fullmatch(r"[\w./-]+(:\d[\w.-]*|(:[\w.-]+)?@sha256:[0-9a-f]{64})", application["spec"]["image"]):
            yield f"image {application['spec']['image']} is whatever has that name today"


def judge_volumes(documents: list[Document]) -> Iterator[str]:
    """A claim has the one volume reserved for it; only its owners write to a place."""
    claims = {(one["metadata"]["namespace"], one["metadata"]["name"]): one["spec"] for one in _claims(documents)}
    writers: dict[str, set[str]] = {}
    seen: dict[str, set[str]] = {}
    for volume in of_kind(documents, "PersistentVolume"):
        spec, name = volume["spec"], volume["metadata"]["name"]
        kept = (spec.get("claimRef", {}).get("namespace"), spec.get("claimRef", {}).get("name"))
        claim = claims.pop(kept, {})
        if claim.get("volumeName") != name or spec["storageClassName"] or claim.get("storageClassName"):
            yield f"volume {name} and its claim are not bound to each other"
        if spec["persistentVolumeReclaimPolicy"] != "Retain":
            yield f"volume {name} is emptied with its claim"
        place = spec["nfs"]["path"].rsplit("/", 1)[1]
        seen.setdefault(place, set()).add(str(kept[0]))
        if not spec["nfs"].get("readOnly"):
            writers.setdefault(place, set()).add(str(kept[0]))
    for namespace, name in claims:
        yield f"claim {name} of {namespace} takes whatever volume there is"
    both = {"ctdc-sensitive", "ctdc-publishing"}
    if seen != {"cases": {"ctdc-sensitive"}, "sensitive": {"ctdc-sensitive"}, "staging": both, "public": both}:
        yield f"places are seen by {seen}"
    if writers != {"sensitive": {"ctdc-sensitive"}, "staging": {"ctdc-sensitive"}, "public": {"ctdc-publishing"}}:
        yield f"places are written by {writers}"
    for namespace, role, _, pod in pods(documents):
        kinds = {key for volume in pod["volumes"] for key in volume if key != "name"}
        if kinds - {"persistentVolumeClaim", "emptyDir", "configMap"}:
            yield f"{role} of {namespace} mounts {sorted(kinds)}"


def _claims(documents: list[Document]) -> list[Document]:
    return of_kind(documents, "PersistentVolumeClaim")


def judge_network(documents: list[Document]) -> Iterator[str]:
    """Nothing goes in or out but what a policy names, and none names the other side or the world."""
    policies = of_kind(documents, "NetworkPolicy")
    for namespace in namespaces(documents):
        own = [one["spec"] for one in policies if one["metadata"]["namespace"] == namespace]
        if {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]} not in own:
            yield f"{namespace} talks to everybody unless it is forbidden"
    for policy in policies:
        rules = [*policy["spec"].get("ingress", []), *policy["spec"].get("egress", [])]
        if not all(rule.get("from") or rule.get("to") for rule in rules):
            yield f"{policy['metadata']['name']} opens a door to everybody"
        peers = [peer for rule in rules for peer in (*rule.get("from", []), *rule.get("to", []))]
        for peer in peers:
            selected = peer.get("namespaceSelector", {}).get("matchLabels", {}).get("kubernetes.io/metadata.name")
            if "namespaceSelector" in peer and selected != "kube-system":
                yield f"{policy['metadata']['name']} lets the other side in"
            if "ipBlock" in peer and not peer["ipBlock"]["cidr"].endswith("/32"):
                yield f"{policy['metadata']['name']} opens a network"


def judge_encryption(documents: list[Document]) -> Iterator[str]:
    """What travels between pods or is on their disks is encrypted; plans and records are in no log."""
    for application in of_kind(documents, "SparkApplication"):
        given = application["spec"].get("sparkConf", {})
        for key, value in ENCRYPTED.items():
            if given.get(key) != value:
                yield f"{application['metadata']['name']}: {key} is {given.get(key)}"
        if application["spec"].get("deps"):
            yield f"{application['metadata']['name']} runs what it fetches when it starts"
