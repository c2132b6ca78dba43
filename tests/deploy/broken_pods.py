"""Ways to break a pod: the policy that has to find each, the change, and words of the finding."""

from __future__ import annotations

from tests.deploy import pod_policies
from tests.deploy.edits import assign, container, context, pod, server_settings

BROKEN_PODS = {
    "a probe is missing": (pod_policies.probes, assign(container, readinessProbe=None), "no readinessProbe"),
    "alive as long as calls are answered": (
        pod_policies.liveness,
        assign(container, livenessProbe={"grpc": {"port": 50051}}),
        "something else than its page of health",
    ),
    "no limit of memory": (
        pod_policies.resources,
        assign(lambda m: container(m)["resources"]["limits"], memory=None),
        "no limits of memory",
    ),
    "no request of processor time": (
        pod_policies.resources,
        assign(lambda m: container(m)["resources"]["requests"], cpu=None),
        "no requests of cpu",
    ),
    "root": (
        pod_policies.privileges,
        assign(lambda m: pod(m)["securityContext"], runAsNonRoot=False),
        "runAsNonRoot is not True",
    ),
    "another user": (
        pod_policies.privileges,
        assign(lambda m: pod(m)["securityContext"], runAsUser=0),
        "runAsUser is not 65532",
    ),
    "root for one container": (pod_policies.privileges, assign(context, runAsUser=0), "overrides its pod"),
    "no filter of system calls": (
        pod_policies.privileges,
        assign(lambda m: pod(m)["securityContext"], seccompProfile=None),
        "seccompProfile",
    ),
    "a root file system to write to": (
        pod_policies.privileges,
        assign(context, readOnlyRootFilesystem=False),
        "may write",
    ),
    "privileges to gain": (
        pod_policies.privileges,
        assign(context, allowPrivilegeEscalation=None),
        "may gain",
    ),
    "capabilities kept": (
        pod_policies.privileges,
        assign(context, capabilities={"drop": ["ALL"], "add": ["NET_ADMIN"]}),
        "keeps capabilities",
    ),
    "the network of the host": (pod_policies.privileges, assign(pod, hostNetwork=True), "hostNetwork"),
    "a folder of the host": (
        pod_policies.privileges,
        lambda m: pod(m)["volumes"].append({"name": "host", "hostPath": {"path": "/"}}),
        "volume host is of the host",
    ),
    "no folder for temporary files": (
        pod_policies.privileges,
        assign(container, volumeMounts=[]),
        "has no /tmp",
    ),
    "the latest image": (
        pod_policies.images,
        assign(container, image="counterpoise-server:latest"),
        "may be another one",
    ),
    "an image without a tag": (
        pod_policies.images,
        assign(container, image="registry.example:5000/counterpoise-server"),
        "may be another one",
    ),
    "a token in the pod": (
        pod_policies.identity,
        assign(pod, automountServiceAccountToken=None),
        "automountServiceAccountToken",
    ),
    "variables of Services": (
        pod_policies.identity,
        assign(pod, enableServiceLinks=None),
        "enableServiceLinks",
    ),
    "a short grace period": (
        pod_policies.grace,
        assign(pod, terminationGracePeriodSeconds=40),
        "45 s are needed",
    ),
    "the default grace period": (
        pod_policies.grace,
        assign(pod, terminationGracePeriodSeconds=None),
        "30 s of grace",
    ),
    "a longer drain": (
        pod_policies.grace,
        assign(server_settings, COUNTERPOISE_DRAIN_SECONDS="50"),
        "70 s are needed",
    ),
    "a short grace period of the proxy": (
        pod_policies.grace,
        assign(lambda m: pod(m, "counterpoise-proxy"), terminationGracePeriodSeconds=45),
        "50 s are needed",
    ),
    "no wait before the end": (
        pod_policies.waits,
        assign(container, lifecycle=None),
        "while calls still come",
    ),
    "a worker for every processor": (pod_policies.workers, assign(container, env=[]), "WORKER_COUNT"),
}
