"""Who may speak to whom by the network policies: every direction that is open, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.deploy.manifests import Manifest, of_kind, selects, workloads

ANYBODY = "anybody"
COMPONENT = "app.kubernetes.io/component"


def flows(manifests: list[Manifest]) -> set[tuple[str, str, int]]:
    """`(from, to, port)` of all that is open: components of ours, namespaces of others, or anybody.

    Both ends have to allow what passes between two pods of ours.
    """
    leaving, entering = set(_open(manifests, "egress", "to")), set(_open(manifests, "ingress", "from"))
    ours = {workload.pod_labels[COMPONENT] for workload in workloads(manifests)}
    out = {
        (near, far, port) for near, far, port in leaving if far not in ours or (far, near, port) in entering
    }
    return out | {(far, near, port) for near, far, port in entering if far not in ours}


def _open(manifests: list[Manifest], side: str, word: str) -> Iterator[tuple[str, str, int]]:
    pods = {workload.pod_labels[COMPONENT]: workload.pod_labels for workload in workloads(manifests)}
    for manifest in of_kind(manifests, "NetworkPolicy"):
        spec = manifest["spec"]
        if side.capitalize() not in spec["policyTypes"]:
            continue
        for near in (name for name, labels in pods.items() if selects(spec["podSelector"], labels)):
            for rule in spec.get(side, []):
                for port in rule["ports"]:
                    for peer in rule.get(word, [None]):
                        yield from ((near, far, port["port"]) for far in _names(peer, pods))


def _names(peer: dict[str, Any] | None, pods: dict[str, dict[str, str]]) -> list[str]:
    if peer is None:
        return [ANYBODY]
    if "ipBlock" in peer:
        return [peer["ipBlock"]["cidr"]]
    if "namespaceSelector" in peer:
        return [peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]]
    return [name for name, labels in pods.items() if selects(peer["podSelector"], labels)]
