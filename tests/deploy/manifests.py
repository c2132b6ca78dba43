"""Manifests as kustomize renders them, and the workloads among them."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"
SERVER_IMAGE = "counterpoise-server"
_KUBECTL = shutil.which("kubectl")

Manifest = dict[str, Any]


@dataclass(frozen=True)
class Workload:
    """What starts pods, with the pod it starts."""

    manifest: Manifest
    name: str
    kind: str
    pod_labels: dict[str, str]
    pod: dict[str, Any]

    @property
    def ends(self) -> bool:
        """Whether its pods end by themselves: nobody calls them, and their exit code tells how they are."""
        return self.kind in {"Job", "CronJob"}

    @property
    def containers(self) -> list[dict[str, Any]]:
        return [*self.pod.get("initContainers", []), *self.pod["containers"]]

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


def render(folder: Path) -> list[Manifest]:
    """All manifests of a kustomization; skips the test where there is no kubectl."""
    if _KUBECTL is None:
        pytest.skip("no kubectl to render the manifests with")
    told = subprocess.run([_KUBECTL, "kustomize", folder], check=False, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    assert "Warning" not in told.stderr, told.stderr
    return list(yaml.safe_load_all(told.stdout))


def compose(folder: Path, overlay: str, components: tuple[str, ...]) -> Path:
    """A copy of an overlay with components in it, as an operator makes one; its folder."""
    for part in ("envoy", "kustomize"):
        shutil.copytree(DEPLOY / part, folder / part)
    copied = folder / "kustomize" / overlay
    file = copied / "kustomization.yaml"
    kustomization = yaml.safe_load(file.read_text())
    kustomization.setdefault("components", []).extend(f"../../components/{name}" for name in components)
    file.write_text(yaml.safe_dump(kustomization))
    return copied


def of_kind(manifests: list[Manifest], *kinds: str) -> list[Manifest]:
    return [manifest for manifest in manifests if manifest["kind"] in kinds]


def named(manifests: list[Manifest], kind: str, name: str) -> Manifest:
    """The one of this kind and name, without the hash that kustomize appends to what it generates."""
    pattern = re.compile(re.escape(name) + (r"-[a-z0-9]{10}" if kind == "ConfigMap" else ""))
    (found,) = (
        manifest for manifest in of_kind(manifests, kind) if pattern.fullmatch(manifest["metadata"]["name"])
    )
    return found


def workloads(manifests: list[Manifest]) -> Iterator[Workload]:
    """Everything that starts pods."""
    for manifest in of_kind(manifests, "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod"):
        spec = manifest["spec"]
        if manifest["kind"] == "CronJob":
            spec = spec["jobTemplate"]["spec"]
        template = manifest if manifest["kind"] == "Pod" else spec["template"]
        yield Workload(
            manifest,
            manifest["metadata"]["name"],
            manifest["kind"],
            template["metadata"].get("labels", {}),
            template["spec"],
        )


def environment(manifests: list[Manifest], container: dict[str, Any]) -> dict[str, str | None]:
    """Variables of a container; None for a value that only the cluster knows."""
    variables: dict[str, str | None] = {}
    maps = {manifest["metadata"]["name"]: manifest for manifest in of_kind(manifests, "ConfigMap")}
    for source in container.get("envFrom", []):
        if "configMapRef" in source:
            variables |= maps.get(source["configMapRef"]["name"], {}).get("data", {})
    for variable in container.get("env", []):
        variables[variable["name"]] = variable.get("value")
    return variables


def selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """Whether a selector of labels takes a pod; the operators that are used here are known, no others."""
    for expression in selector.get("matchExpressions", []):
        assert expression["operator"] == "In", expression
        if labels.get(expression["key"]) not in expression["values"]:
            return False
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())
