"""Ways to break what manifests say of each other: policy, change, and words of the finding."""

from __future__ import annotations

from tests.deploy import proxy_policies, reference_policies, set_policies
from tests.deploy.edits import (
    assign,
    budget,
    container,
    drop,
    edit_envoy,
    pod,
    policies_select,
    rounds,
    scheduler,
    server_settings,
    settings,
)
from tests.deploy.flows import COMPONENT
from tests.deploy.manifests import named, of_kind

BROKEN_LINKS = {
    "no budget": (
        set_policies.budgets,
        drop("PodDisruptionBudget", "counterpoise-scheduler"),
        "0 disruption budgets",
    ),
    "a budget that keeps nodes": (
        set_policies.budgets,
        assign(budget, maxUnavailable=None, minAvailable=2),
        "lets no node be drained",
    ),
    "a budget that holds broken pods": (
        set_policies.budgets,
        assign(budget, unhealthyPodEvictionPolicy=None),
        "not ready keeps its node",
    ),
    "no names for the migration": (
        set_policies.first,
        assign(lambda m: named(m, "NetworkPolicy", "counterpoise-names")["metadata"], labels={}),
        "from migrate to kube-system, port 53",
    ),
    "no way to the store for the migration": (
        set_policies.first,
        assign(lambda m: named(m, "NetworkPolicy", "counterpoise-to-store")["metadata"], labels={}),
        "from migrate to anybody, port 5432",
    ),
    "no policy of networks": (
        set_policies.networks,
        lambda m: [m.remove(policy) for policy in of_kind(m, "NetworkPolicy")],
        "Ingress is open",
    ),
    "policies for servers alone": (
        set_policies.networks,
        policies_select(COMPONENT, "server"),
        "Deployment/counterpoise-proxy: Egress is open",
    ),
    "two schedulers": (set_policies.schedulers, assign(scheduler, replicas=2), "2 replicas of a scheduler"),
    "schedulers that overlap": (
        set_policies.schedulers,
        assign(scheduler, strategy={"type": "RollingUpdate"}),
        "before this one has ended",
    ),
    "servers that share a file": (
        set_policies.schedulers,
        assign(settings, COUNTERPOISE_STORE_DSN="sqlite:////tmp/store.sqlite3"),
        "Deployment/counterpoise: 2 replicas",
    ),
    "rounds beside each other": (
        set_policies.rounds,
        assign(rounds, concurrencyPolicy="Allow"),
        "beside each other",
    ),
    "late rounds": (set_policies.rounds, assign(rounds, startingDeadlineSeconds=None), "not left out"),
    "a round without an end": (
        set_policies.rounds,
        assign(lambda m: rounds(m)["jobTemplate"]["spec"], activeDeadlineSeconds=None),
        "hangs",
    ),
    "a Service of nobody": (
        set_policies.services,
        assign(lambda m: named(m, "Service", "counterpoise")["spec"]["selector"], **{COMPONENT: "servers"}),
        "0 workloads behind it",
    ),
    "a Service of a port that is none": (
        set_policies.services,
        assign(lambda m: named(m, "Service", "counterpoise")["spec"]["ports"][0], targetPort="http"),
        "no port http",
    ),
    "a policy for nobody": (
        set_policies.selectors,
        assign(
            lambda m: named(m, "NetworkPolicy", "counterpoise-server-from-proxy")["spec"],
            podSelector={"matchLabels": {COMPONENT: "servers"}},
        ),
        "selects no pod",
    ),
    "a policy from nobody": (
        set_policies.selectors,
        assign(
            lambda m: named(m, "NetworkPolicy", "counterpoise-server-from-proxy")["spec"]["ingress"][0],
            **{"from": [{"podSelector": {"matchLabels": {COMPONENT: "envoy"}}}]},
        ),
        "selects no pod",
    ),
    "settings that are not rendered": (
        reference_policies.references,
        lambda m: m.remove(named(m, "ConfigMap", "counterpoise-settings")),
        "no ConfigMap counterpoise-settings",
    ),
    "a Secret that nobody heard of": (
        reference_policies.references,
        assign(lambda m: pod(m)["volumes"][1]["secret"], secretName="database"),
        "not documented",
    ),
    "a key that nobody heard of": (
        reference_policies.references,
        lambda m: container(m)["env"].append(
            {"name": "X", "valueFrom": {"secretKeyRef": {"name": "counterpoise-store", "key": "url"}}}
        ),
        "not documented",
    ),
    "a volume that is none": (
        reference_policies.references,
        lambda m: container(m)["volumeMounts"].append({"name": "data", "mountPath": "/data"}),
        "no volume data",
    ),
    "an account with a token": (
        reference_policies.references,
        assign(lambda m: named(m, "ServiceAccount", "counterpoise"), automountServiceAccountToken=None),
        "without a token",
    ),
    "a command that is none": (
        reference_policies.commands,
        assign(container, args=["server"]),
        "has no command server",
    ),
    "an option that is none": (
        reference_policies.commands,
        assign(container, args=["serve", "--port"]),
        "serve takes no --port",
    ),
    "an entry point of its own": (
        reference_policies.commands,
        assign(container, command=["/bin/sh"]),
        "its own entry point",
    ),
    "a setting that is none": (
        reference_policies.settings,
        assign(settings, COUNTERPOISE_LOGLEVEL="info"),
        "COUNTERPOISE_LOGLEVEL is no setting",
    ),
    "a value that is none": (
        reference_policies.settings,
        assign(settings, COUNTERPOISE_LOG_LEVEL="loud"),
        "refused: ('log_level',)",
    ),
    "settings that do not go together": (
        reference_policies.settings,
        assign(server_settings, COUNTERPOISE_ALLOW_PLAINTEXT="false"),
        "without TLS the server listens on loopback only",
    ),
    "a file that is not mounted": (
        reference_policies.settings,
        assign(server_settings, COUNTERPOISE_TOKEN_KEYS_FILE="/keys/keys.json"),  # noqa: S106
        "/keys/keys.json is no documented key",
    ),
    "a file of another name": (
        reference_policies.settings,
        assign(server_settings, COUNTERPOISE_TOKEN_KEYS_FILE="/etc/counterpoise/token-keys/jwks.json"),  # noqa: S106
        "jwks.json is no documented key",
    ),
    "a Secret in the tree": (
        reference_policies.secrets,
        lambda m: m.append({"kind": "Secret", "metadata": {"name": "store"}, "data": {}}),
        "is in the tree",
    ),
    "a data source name in the settings": (
        reference_policies.secrets,
        assign(settings, COUNTERPOISE_STORE_DSN="postgresql://database.example/counterpoise"),
        "STORE_DSN is written down",
    ),
    "a password in an address": (
        reference_policies.secrets,
        assign(settings, ANYTHING="postgresql://ada:lovelace@database.example/counterpoise"),
        "a text like a secret",
    ),
    "a private key": (
        reference_policies.secrets,
        assign(settings, ANYTHING="-----BEGIN EC PRIVATE " + "KEY-----"),
        "a text like a secret",
    ),
    "an upstream that is none": (
        proxy_policies.proxy,
        assign(lambda m: named(m, "Service", "counterpoise")["spec"]["ports"][0], port=50052),
        "no headless Service",
    ),
    "one address for all servers": (
        proxy_policies.proxy,
        assign(lambda m: named(m, "Service", "counterpoise")["spec"], clusterIP=None),
        "no headless Service",
    ),
    "a port that Envoy does not open": (
        proxy_policies.proxy,
        assign(lambda m: container(m, "counterpoise-proxy")["ports"][0], containerPort=443),
        "its container says",
    ),
    "an administration for everybody": (
        proxy_policies.proxy,
        edit_envoy(lambda envoy: envoy["admin"]["address"]["socket_address"].update(address="0.0.0.0")),  # noqa: S104
        "open to others",
    ),
    "an administration elsewhere": (
        proxy_policies.proxy,
        edit_envoy(lambda envoy: envoy["admin"]["address"]["socket_address"].update(port_value=9909)),
        "not where the end of a pod asks for it",
    ),
    "certificates elsewhere": (
        proxy_policies.proxy,
        assign(lambda m: container(m, "counterpoise-proxy")["volumeMounts"][2], mountPath="/tls"),
        "tls.crt is no documented key",
    ),
}
