"""What the proxy's configuration and the manifests around it say of each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from tests.deploy.manifests import Manifest, of_kind, workloads
from tests.deploy.reference_policies import mounted_key


def proxy(manifests: list[Manifest]) -> list[str]:
    """Addresses, ports and files of Envoy are those of the manifests; its administration is its own."""
    configurations = [
        manifest for manifest in of_kind(manifests, "ConfigMap") if "envoy.yaml" in manifest["data"]
    ]
    return [finding for manifest in configurations for finding in _proxy(manifests, manifest)]


def _proxy(manifests: list[Manifest], configuration: Manifest) -> Iterator[str]:
    (workload,) = (
        workload
        for workload in workloads(manifests)
        if any(
            volume.get("configMap", {}).get("name") == configuration["metadata"]["name"]
            for volume in workload.pod["volumes"]
        )
    )
    (container,) = workload.containers
    envoy = yaml.safe_load(configuration["data"]["envoy.yaml"])
    admin = envoy["admin"]["address"]["socket_address"]
    if admin["address"] != "127.0.0.1":
        yield f"{workload}: the administration is open to others"
    script = " ".join(container["lifecycle"]["preStop"]["exec"]["command"])
    if f"/dev/tcp/{admin['address']}/{admin['port_value']}" not in script:
        yield f"{workload}: the administration is not where the end of a pod asks for it"
    listened = {
        listener["address"]["socket_address"]["port_value"]
        for listener in envoy["static_resources"]["listeners"]
    }
    if listened != (ports := {port["containerPort"] for port in container["ports"]}):
        yield f"{workload}: Envoy listens on {sorted(listened)}, its container says {sorted(ports)}"
    yield from (f"{workload}: {finding}" for finding in _upstreams(manifests, envoy))
    texts = "\n".join(configuration["data"].values())
    yield from (
        f"{workload}: {file} is no documented key of a Secret that is mounted there"
        for file in re.findall(r"filename: *([^\s}]+)", texts)
        if not mounted_key(workload, container, file)
    )


def _upstreams(manifests: list[Manifest], envoy: dict[str, Any]) -> Iterator[str]:
    headless = {
        (manifest["metadata"]["name"], port["port"])
        for manifest in of_kind(manifests, "Service")
        if manifest["spec"].get("clusterIP") == "None"
        for port in manifest["spec"]["ports"]
    }
    for cluster in envoy["static_resources"]["clusters"]:
        if cluster["type"] != "STRICT_DNS":
            continue
        for locality in cluster["load_assignment"]["endpoints"]:
            for endpoint in locality["lb_endpoints"]:
                address = endpoint["endpoint"]["address"]["socket_address"]
                if (address["address"], address["port_value"]) not in headless:
                    yield f"cluster {cluster['name']} asks for {address}, which is no headless Service"
