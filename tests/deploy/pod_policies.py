"""What has to hold for every pod. Each policy returns its findings; none is good."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.deploy.manifests import SERVER_IMAGE, Manifest, Workload, environment, workloads

UID = 65532
WORKING_COMMANDS = {"serve", "schedule", "run-slot"}
"""Commands that start workers."""
_END_SECONDS = 5
"""What a server needs after its drain: last words, and the end of its workers."""


def probes(manifests: list[Manifest]) -> list[str]:
    """Whatever runs on has all three probes. Jobs have none: the exit code says it, and nobody calls them."""
    return [
        f"{workload}: container {container['name']} has no {probe}"
        for workload in workloads(manifests)
        if not workload.ends
        for container in workload.pod["containers"]
        for probe in ("startupProbe", "readinessProbe", "livenessProbe")
        if not container.get(probe)
    ]


def liveness(manifests: list[Manifest]) -> list[str]:
    """Servers and schedulers are alive by their page of health, which knows of workers and of runs."""
    return [
        f"{workload}: container {container['name']} is alive by something else than its page of health"
        for workload in workloads(manifests)
        if not workload.ends
        for container in server_containers(workload)
        if container["livenessProbe"].get("httpGet") != {"path": "/healthz", "port": "metrics"}
    ]


def resources(manifests: list[Manifest]) -> list[str]:
    """Every container has requests and limits of both resources."""
    return [
        f"{workload}: container {container['name']} has no {part} of {resource}"
        for workload in workloads(manifests)
        for container in workload.containers
        for part in ("requests", "limits")
        for resource in ("cpu", "memory")
        if resource not in container.get("resources", {}).get(part, {})
    ]


def privileges(manifests: list[Manifest]) -> list[str]:
    """Not root, a root file system to read alone, no capabilities, filtered system calls."""
    return [
        f"{workload}: {finding}" for workload in workloads(manifests) for finding in _privileges(workload.pod)
    ]


def _privileges(pod: dict[str, Any]) -> Iterator[str]:
    context = pod.get("securityContext", {})
    wanted = {"runAsNonRoot": True, "runAsUser": UID, "runAsGroup": UID}
    yield from (f"{key} is not {value}" for key, value in wanted.items() if context.get(key) != value)
    if context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "seccompProfile is not RuntimeDefault"
    yield from (key for key in ("hostNetwork", "hostPID", "hostIPC") if pod.get(key))
    yield from (
        f"volume {volume['name']} is of the host" for volume in pod["volumes"] if "hostPath" in volume
    )
    for container in [*pod.get("initContainers", []), *pod["containers"]]:
        own, name = container.get("securityContext", {}), container["name"]
        if own.get("readOnlyRootFilesystem") is not True:
            yield f"container {name} may write to its root file system"
        if own.get("allowPrivilegeEscalation") is not False or own.get("privileged"):
            yield f"container {name} may gain privileges"
        if own.get("capabilities") != {"drop": ["ALL"]}:
            yield f"container {name} keeps capabilities"
        if set(own) & {"runAsUser", "runAsNonRoot", "runAsGroup", "seccompProfile"}:
            yield f"container {name} overrides its pod"
        if not any(mount["mountPath"] == "/tmp" for mount in container["volumeMounts"]):  # noqa: S108
            yield f"container {name} has no /tmp to write to"


def images(manifests: list[Manifest]) -> list[str]:
    """Every image has a digest or a tag that stays."""
    return [
        f"{workload}: image {container['image']} may be another one tomorrow"
        for workload in workloads(manifests)
        for container in workload.containers
        if not re.search(r"@sha256:[0-9a-f]{64}$|:(?!latest$)[\w.-]+$", container["image"])
    ]


def identity(manifests: list[Manifest]) -> list[str]:
    """No token for the cluster's interface, no variables derived from Services, which look like settings."""
    return [
        f"{workload}: {key} is not false"
        for workload in workloads(manifests)
        for key in ("automountServiceAccountToken", "enableServiceLinks")
        if workload.pod.get(key) is not False
    ]


def grace(manifests: list[Manifest]) -> list[str]:
    """Who is asked to end has time for the wait before, for the drain, and for the end itself."""
    found = []
    for workload in workloads(manifests):
        if workload.ends:
            continue
        given = workload.pod.get("terminationGracePeriodSeconds", 30)
        for container in workload.pod["containers"]:
            drain = float(environment(manifests, container).get("COUNTERPOISE_DRAIN_SECONDS") or 0)
            needed = _wait_seconds(container) + drain + _END_SECONDS
            if given < needed:
                found.append(f"{workload}: {given} s of grace, {needed:g} s are needed")
    return found


def waits(manifests: list[Manifest]) -> list[str]:
    """Who is called waits until new calls go elsewhere before it ends."""
    return [
        f"{workload}: container {container['name']} ends while calls still come"
        for workload in workloads(manifests)
        for container in workload.containers
        if {port.get("name") for port in container.get("ports", [])} & {"grpc", "grpcs"}
        and not _wait_seconds(container)
    ]


def _wait_seconds(container: dict[str, Any]) -> float:
    hook = container.get("lifecycle", {}).get("preStop", {})
    script = " ".join(hook.get("exec", {}).get("command", []))
    told = [int(seconds) for seconds in re.findall(r"(?:^|\s)(?:sleep|read -r -t) (\d+)", script)]
    return float(hook.get("sleep", {}).get("seconds", 0) + sum(told))


def workers(manifests: list[Manifest]) -> list[str]:
    """The number of workers is the limit of processor time: unset, a node of 64 processors starts 64."""
    return [
        f"{workload}: COUNTERPOISE_WORKER_COUNT is not the limit of processor time"
        for workload in workloads(manifests)
        for container in server_containers(workload)
        if container["args"][0] in WORKING_COMMANDS
        and not any(
            variable["name"] == "COUNTERPOISE_WORKER_COUNT"
            and variable.get("valueFrom", {}).get("resourceFieldRef", {}).get("resource") == "limits.cpu"
            for variable in container.get("env", [])
        )
    ]


def server_containers(workload: Workload) -> list[dict[str, Any]]:
    """Containers that run our own image."""
    return [
        container
        for container in workload.containers
        if re.search(rf"(^|/){SERVER_IMAGE}[:@]", container["image"])
    ]
