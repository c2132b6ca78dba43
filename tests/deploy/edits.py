"""Ways to one place in rendered manifests, and to change it there."""

from __future__ import annotations

import yaml

from tests.deploy.manifests import named, of_kind


def pod(manifests, name="counterpoise"):
    return named(manifests, "Deployment", name)["spec"]["template"]["spec"]


def container(manifests, name="counterpoise"):
    return pod(manifests, name)["containers"][0]


def drop(kind, name):
    return lambda manifests: manifests.remove(named(manifests, kind, name))


def edit_envoy(change):
    def edit(manifests):
        data = named(manifests, "ConfigMap", "counterpoise-proxy-config")["data"]
        envoy = yaml.safe_load(data["envoy.yaml"])
        change(envoy)
        data["envoy.yaml"] = yaml.safe_dump(envoy)

    return edit


def assign(place, **values):
    """Sets keys of the mapping that `place` finds; None takes one away."""

    def edit(manifests):
        for key, value in values.items():
            if value is None:
                del place(manifests)[key]
            else:
                place(manifests)[key] = value

    return edit


def settings(manifests):
    return named(manifests, "ConfigMap", "counterpoise-settings")["data"]


def server_settings(manifests):
    return named(manifests, "ConfigMap", "counterpoise-server-settings")["data"]


def scheduler(manifests):
    return named(manifests, "Deployment", "counterpoise-scheduler")["spec"]


def context(manifests):
    return container(manifests)["securityContext"]


def budget(manifests):
    return named(manifests, "PodDisruptionBudget", "counterpoise")["spec"]


def rounds(manifests):
    return of_kind(manifests, "CronJob")[0]["spec"]


def policies_select(label, value):
    def edit(manifests):
        for policy in of_kind(manifests, "NetworkPolicy"):
            policy["spec"]["podSelector"].setdefault("matchLabels", {})[label] = value

    return edit
