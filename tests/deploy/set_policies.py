"""What has to hold between manifests. Each policy returns its findings; none is good."""

from __future__ import annotations

from collections.abc import Iterator

from tests.deploy.flows import COMPONENT, flows
from tests.deploy.manifests import Manifest, Workload, environment, of_kind, selects, workloads
from tests.deploy.pod_policies import server_containers


def budgets(manifests: list[Manifest]) -> list[str]:
    """One disruption budget for whatever runs on, and one that lets nodes be drained."""
    return [
        f"{workload}: {finding}"
        for workload in workloads(manifests)
        if not workload.ends
        for finding in _budget(manifests, workload)
    ]


def _budget(manifests: list[Manifest], workload: Workload) -> Iterator[str]:
    found = [
        manifest["spec"]
        for manifest in of_kind(manifests, "PodDisruptionBudget")
        if selects(manifest["spec"]["selector"], workload.pod_labels)
    ]
    if len(found) != 1:
        yield f"{len(found)} disruption budgets"
    for spec in found:
        replicas = workload.manifest["spec"]["replicas"]
        if spec.get("maxUnavailable", replicas - spec.get("minAvailable", 0)) < 1:
            yield "its disruption budget lets no node be drained"
        if spec.get("unhealthyPodEvictionPolicy") != "AlwaysAllow":
            yield "a pod that is not ready keeps its node from being drained"


def networks(manifests: list[Manifest]) -> list[str]:
    """Every pod is closed in both directions, but for what another policy lists."""
    policies = [manifest["spec"] for manifest in of_kind(manifests, "NetworkPolicy")]
    return [
        f"{workload}: {direction} is open"
        for workload in workloads(manifests)
        for direction in ("Ingress", "Egress")
        if not any(
            direction in spec["policyTypes"] and selects(spec["podSelector"], workload.pod_labels)
            for spec in policies
        )
    ]


def first(manifests: list[Manifest]) -> list[str]:
    """What the migration may reach is open as soon as it is applied, before all else but settings."""
    applied = [
        manifest
        for manifest in manifests
        if manifest["metadata"].get("labels", {}).get(COMPONENT) in {"migrate", "settings"}
    ]
    return [
        f"the way from {near} to {far}, port {port}, is not open when the store is migrated"
        for near, far, port in sorted(flows(manifests) - flows(applied))
        if near == "migrate"
    ]


def schedulers(manifests: list[Manifest]) -> list[str]:
    """A scheduler, and a server with a file of its own, is one, and ends before the next one starts."""
    found = []
    for workload in workloads(manifests):
        for container in server_containers(workload):
            file = str(environment(manifests, container).get("COUNTERPOISE_STORE_DSN")).startswith("sqlite:")
            if workload.ends or not (file or container["args"][0] == "schedule"):
                continue
            spec = workload.manifest["spec"]
            if spec["replicas"] != 1:
                found.append(f"{workload}: {spec['replicas']} replicas of a scheduler")
            if workload.kind == "Deployment" and spec.get("strategy", {}).get("type") != "Recreate":
                found.append(f"{workload}: the next scheduler starts before this one has ended")
    return found


def rounds(manifests: list[Manifest]) -> list[str]:
    """A round of the CronJob waits for nobody: none beside another, none late, none forever."""
    found = []
    for manifest in of_kind(manifests, "CronJob"):
        spec, name = manifest["spec"], manifest["metadata"]["name"]
        if spec.get("concurrencyPolicy") != "Forbid":
            found.append(f"CronJob/{name}: rounds beside each other")
        # Below 10 s the controller, which looks that often, may find none in time.
        if not 10 <= spec.get("startingDeadlineSeconds", 0) < 300:
            found.append(f"CronJob/{name}: a late round is not left out")
        if not spec["jobTemplate"]["spec"].get("activeDeadlineSeconds"):
            found.append(f"CronJob/{name}: a round that hangs keeps all later ones from starting")
    return found


def services(manifests: list[Manifest]) -> list[str]:
    """Every Service finds pods that have the port it names."""
    found = []
    for manifest in of_kind(manifests, "Service"):
        spec, name = manifest["spec"], manifest["metadata"]["name"]
        behind = [w for w in workloads(manifests) if selects({"matchLabels": spec["selector"]}, w.pod_labels)]
        if len(behind) != 1:
            found.append(f"Service/{name}: {len(behind)} workloads behind it")
        names = {port["name"] for w in behind for c in w.containers for port in c.get("ports", [])}
        found += [
            f"Service/{name}: no port {port['targetPort']} behind it"
            for port in spec["ports"]
            if port["targetPort"] not in names
        ]
    return found


def selectors(manifests: list[Manifest]) -> list[str]:
    """What selects pods selects some: a label that is misspelt opens, or protects, nothing."""
    pods = [workload.pod_labels for workload in workloads(manifests)]
    wanted = [
        (manifest, manifest["spec"].get("podSelector") or manifest["spec"]["selector"])
        for manifest in of_kind(manifests, "NetworkPolicy", "PodDisruptionBudget")
    ]
    wanted += [
        (manifest, peer["podSelector"])
        for manifest in of_kind(manifests, "NetworkPolicy")
        for side in ("ingress", "egress")
        for rule in manifest["spec"].get(side, [])
        for peer in rule.get("from", rule.get("to", []))
        if "podSelector" in peer and "namespaceSelector" not in peer
    ]
    return [
        f"{manifest['kind']}/{manifest['metadata']['name']}: selects no pod"
        for manifest, selector in wanted
        if not any(selects(selector, labels) for labels in pods)
    ]
