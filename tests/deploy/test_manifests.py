"""The manifests as Kubernetes gets them: valid in every version they are for, and by policies of our own."""

from __future__ import annotations

import copy

import kubernetes_validate
import pytest

from optimizer.composition import ROUND_SECONDS
from tests.deploy import pod_policies, proxy_policies, reference_policies, set_policies
from tests.deploy.flows import ANYBODY, COMPONENT, flows
from tests.deploy.manifests import DEPLOY, compose, named, of_kind, render, selects, workloads

OLDEST = "1.30"  # the first that sleeps before a pod ends
NEWEST = kubernetes_validate.latest_version()
COMPONENTS = ("pod-monitor", "tracing", "webhook")
RENDERED = {
    "base": ("base", ()),
    "production": ("overlays/production", ()),
    "production with all": ("overlays/production", ("cronjob", *COMPONENTS)),
    "cronjob": ("overlays/cronjob", ()),
    "single": ("overlays/single", ()),
    "single with all": ("overlays/single", COMPONENTS),
}
POLICIES = (
    pod_policies.probes,
    pod_policies.liveness,
    pod_policies.resources,
    pod_policies.privileges,
    pod_policies.images,
    pod_policies.identity,
    pod_policies.grace,
    pod_policies.waits,
    pod_policies.workers,
    set_policies.budgets,
    set_policies.networks,
    set_policies.first,
    set_policies.schedulers,
    set_policies.rounds,
    set_policies.services,
    set_policies.selectors,
    reference_policies.references,
    reference_policies.commands,
    reference_policies.settings,
    reference_policies.secrets,
    proxy_policies.proxy,
)


@pytest.fixture(scope="module")
def rendering(tmp_path_factory):
    """Manifests by the name of what is rendered."""
    done = {}

    def of(name):
        if name not in done:
            overlay, components = RENDERED[name]
            done[name] = render(compose(tmp_path_factory.mktemp("deploy"), overlay, components))
        return copy.deepcopy(done[name])

    return of


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("name", RENDERED)
def test_kubernetes_knows_every_field(rendering, name, version):
    # The kind of the Prometheus Operator is no part of Kubernetes and has no schema here.
    checked = [manifest for manifest in rendering(name) if manifest["kind"] != "PodMonitor"]
    assert len(checked) > 5
    for manifest in checked:
        assert kubernetes_validate.validate(manifest, version, strict=True) == ".".join(
            version.split(".")[:2]
        )


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.__name__)
@pytest.mark.parametrize("name", RENDERED)
def test_policies_hold(rendering, name, policy):
    assert policy(rendering(name)) == []


ALL = ("server", "proxy", "scheduler", "migrate")
DNS = {(who, "kube-system", 53) for who in ALL}
STORE = {(who, ANYBODY, 5432) for who in ("server", "scheduler", "migrate")}
METRICS = {("monitoring", who, port) for who in ALL for port in (9464, 9903)}
CALLS = {(ANYBODY, "proxy", 8443), ("proxy", "server", 50051)}


@pytest.mark.parametrize("name", ["base", "cronjob"])
def test_nothing_is_open_but_what_is_needed(rendering, name):
    assert flows(rendering(name)) == DNS | STORE | METRICS | CALLS


def test_components_open_what_they_need(rendering):
    beside = {(who, ANYBODY, 443) for who in ("server", "scheduler")}
    beside |= {(who, "monitoring", 4317) for who in ("server", "scheduler")}
    store = {(who, "192.0.2.0/24", port) for who, _, port in STORE}
    assert flows(rendering("production with all")) == DNS | store | METRICS | CALLS | beside


def test_a_single_server_is_called_and_scraped(rendering):
    assert flows(rendering("single")) == {
        ("server", "kube-system", 53),
        ("monitoring", "server", 9464),
        (ANYBODY, "server", 50051),
    }


def test_a_cronjob_stands_for_the_scheduler(rendering):
    plain, periodic = rendering("base"), rendering("cronjob")
    assert {str(w) for w in workloads(plain)} - {str(w) for w in workloads(periodic)} == {
        "Deployment/counterpoise-scheduler"
    }
    (rounds,) = of_kind(periodic, "CronJob")
    assert rounds["spec"]["schedule"] == "* * * * *"
    assert rounds["spec"]["concurrencyPolicy"] == "Forbid"
    # A round comes to its end by itself, with time to start and to stop.
    assert rounds["spec"]["jobTemplate"]["spec"]["activeDeadlineSeconds"] >= ROUND_SECONDS + 300
    (container,) = rounds["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    assert container["args"] == ["run-slot"]


def test_production_names_images_by_digest_and_secrets_by_its_own_names(rendering):
    for workload in workloads(rendering("production with all")):
        assert all("@sha256:" in container["image"] for container in workload.containers)
        named_secrets = [v["secret"]["secretName"] for v in workload.pod["volumes"] if "secret" in v]
        assert named_secrets, workload
        assert all("-production-" in name or name == "counterpoise-webhook" for name in named_secrets)


def test_the_operator_finds_a_page_of_metrics_in_every_pod_that_runs_on(rendering):
    manifests = rendering("production with all") + of_kind(rendering("base"), "Deployment")
    for workload in workloads(manifests):
        if workload.ends:
            continue
        (endpoint,) = (
            endpoint
            for monitor in of_kind(manifests, "PodMonitor")
            if selects(monitor["spec"]["selector"], workload.pod_labels)
            for endpoint in monitor["spec"]["podMetricsEndpoints"]
        )
        annotations = workload.manifest["spec"]["template"]["metadata"]["annotations"]
        (port,) = (p for p in workload.containers[0]["ports"] if p["name"] == endpoint["port"])
        assert annotations["prometheus.io/scrape"] == "true"
        assert annotations["prometheus.io/port"] == str(port["containerPort"])
        assert annotations["prometheus.io/path"] == endpoint["path"]


def test_what_a_migration_needs_can_be_applied_before_the_rest(rendering):
    first = {"migrate", "settings"}
    manifests = [
        manifest
        for manifest in rendering("production")
        if manifest["metadata"].get("labels", {}).get(COMPONENT) in first
    ]
    assert {str(workload) for workload in workloads(manifests)} == {"Job/counterpoise-migrate"}
    assert reference_policies.references(manifests) == []


def test_the_readme_lists_every_secret_with_its_keys():
    told = "\n".join(file.read_text() for file in DEPLOY.glob("README*.md"))
    rows = [line for line in told.splitlines() if line.startswith("| `counterpoise-")]
    for name, keys in reference_policies.SECRETS.items():
        (row,) = (row for row in rows if row.startswith(f"| `{name}` "))
        assert all(f"`{key}`" in row for key in keys)


def test_a_new_setting_gets_a_new_name_so_that_pods_are_rolled_out(rendering):
    plain, traced = (
        named(rendering(name), "ConfigMap", "counterpoise-settings") for name in ("single", "single with all")
    )
    assert plain["metadata"]["name"] != traced["metadata"]["name"]
