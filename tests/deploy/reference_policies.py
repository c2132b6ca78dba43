"""What manifests refer to is there, and the server understands what they tell it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, get_args

import typer
from pydantic import SecretStr, ValidationError

from optimizer.main import main
from optimizer.settings import PREFIX, Settings
from tests.deploy.manifests import Manifest, Workload, environment, of_kind, workloads
from tests.deploy.pod_policies import server_containers

SECRETS = {
    "counterpoise-store": {"dsn"},
    "counterpoise-tls": {"tls.crt", "tls.key"},
    "counterpoise-token-keys": {"keys.json"},
    "counterpoise-webhook": {"secret", "url"},
}
"""Secrets that operators make, with their keys; deploy/README.md says the same."""
_WORKED_OUT = {"resourceFieldRef": "2", "secretKeyRef": "https://receiver.example/posted"}
"""What stands for values that only the cluster knows."""
_SECRET_TEXT = re.compile(
    r"://[^/\s:@]+:[^/\s@]+@|-----BEGIN [A-Z ]*PRIVATE KEY|(?i:password|passwd)\s*[=:]|\beyJ[\w-]{10,}\."
)


def references(manifests: list[Manifest]) -> list[str]:
    """Every ConfigMap is rendered, every Secret and key of one is documented, accounts give no token."""
    return [
        f"{workload}: {finding}"
        for workload in workloads(manifests)
        for look in (_volumes, _maps, _secrets, _account)
        for finding in look(manifests, workload)
    ]


def _volumes(_manifests: list[Manifest], workload: Workload) -> Iterator[str]:
    claims = workload.manifest["spec"].get("volumeClaimTemplates", [])
    known = {volume["name"] for volume in workload.pod["volumes"]}
    known |= {claim["metadata"]["name"] for claim in claims}
    mounted = {mount["name"] for container in workload.containers for mount in container["volumeMounts"]}
    yield from (f"no volume {name}" for name in mounted - known)


def _maps(manifests: list[Manifest], workload: Workload) -> Iterator[str]:
    maps = {manifest["metadata"]["name"]: manifest["data"] for manifest in of_kind(manifests, "ConfigMap")}
    for reference in _named(workload.pod, "configMapRef", "configMap", "configMapKeyRef"):
        if reference["name"] not in maps:
            yield f"no ConfigMap {reference['name']}"
        elif reference.get("key") not in {None, *maps[reference["name"]]}:
            yield f"no key {reference['key']} in ConfigMap {reference['name']}"


def _secrets(_manifests: list[Manifest], workload: Workload) -> Iterator[str]:
    for reference in _named(workload.pod, "secret", "secretRef", "secretKeyRef"):
        keys = documented(reference.get("secretName", reference.get("name", "")))
        if keys is None or reference.get("key") not in {None, *keys}:
            yield f"a Secret, or a key of one, that is not documented: {reference}"


def _account(manifests: list[Manifest], workload: Workload) -> Iterator[str]:
    account = workload.pod.get("serviceAccountName")
    if not any(
        manifest["metadata"]["name"] == account and manifest.get("automountServiceAccountToken") is False
        for manifest in of_kind(manifests, "ServiceAccount")
    ):
        yield f"no ServiceAccount {account} without a token"


def documented(secret: str) -> set[str] | None:
    """Keys of a Secret; production names its own after the same pattern."""
    return SECRETS.get(secret.replace("-production-", "-"))


def _named(node: object, *keys: str) -> Iterator[dict[str, Any]]:
    """Everything under one of these keys, wherever it is."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in keys:
                yield value
            yield from _named(value, *keys)
    elif isinstance(node, list):
        for value in node:
            yield from _named(value, *keys)


def mounted_key(workload: Workload, container: dict[str, Any], file: str) -> bool:
    """Whether a file is a documented key of a Secret that is mounted there."""
    path = PurePosixPath(file)
    secrets = {volume["name"]: volume.get("secret") for volume in workload.pod["volumes"]}
    return any(
        PurePosixPath(mount["mountPath"]) == path.parent
        and (secret := secrets.get(mount["name"])) is not None
        and path.name in (documented(secret["secretName"]) or ())
        for mount in container["volumeMounts"]
    )


def commands(manifests: list[Manifest]) -> list[str]:
    """Every command of our own image is one that it has, with options that it takes."""
    known: Any = typer.main.get_command(main)
    found = []
    for workload in workloads(manifests):
        for container in server_containers(workload):
            name, *options = container["args"]
            if container.get("command") is not None:
                found.append(f"{workload}: the image has its own entry point")
            if (command := known.commands.get(name)) is None:
                found.append(f"{workload}: counterpoise-server has no command {name}")
                continue
            taken = {option for parameter in command.params for option in parameter.opts}
            found += [f"{workload}: {name} takes no {option}" for option in options if option not in taken]
    return found


def settings(manifests: list[Manifest]) -> list[str]:
    """Every variable is a setting, every file that one names is mounted, the server takes them together."""
    return [
        f"{workload}: {finding}"
        for workload in workloads(manifests)
        for container in server_containers(workload)
        for finding in _settings(manifests, workload, container)
    ]


def _settings(manifests: list[Manifest], workload: Workload, container: dict[str, Any]) -> Iterator[str]:
    given = environment(manifests, container)
    sources = {variable["name"]: variable.get("valueFrom", {}) for variable in container.get("env", [])}
    values: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        for variable, value in given.items():
            field = variable.removeprefix(PREFIX).lower()
            if not variable.startswith(PREFIX) or field not in Settings.model_fields:
                yield f"{variable} is no setting"
            elif value is None:
                values[field] = _WORKED_OUT[next(iter(sources[variable]))]
            elif field.endswith("_file"):
                if not mounted_key(workload, container, value):
                    yield f"{variable}: {value} is no documented key of a Secret that is mounted there"
                file = Path(folder, field)
                file.write_text("postgresql://stand-in.example/of-at-least-32-bytes")
                values[field] = str(file)
            else:
                values[field] = value
        try:
            Settings(**values)  # type: ignore[arg-type]
        except ValidationError as error:
            yield from (f"refused: {detail['loc']}: {detail['msg']}" for detail in error.errors())


def secrets(manifests: list[Manifest]) -> list[str]:
    """No secret is written down: neither as one, nor as a setting, nor in any other text."""
    found = [
        f"Secret/{manifest['metadata']['name']}: is in the tree" for manifest in of_kind(manifests, "Secret")
    ]
    hidden = secret_variables()
    for workload in workloads(manifests):
        for container in workload.containers:
            found += [
                f"{workload}: {variable} is written down"
                for variable, value in environment(manifests, container).items()
                if variable in hidden and value is not None and not value.startswith("sqlite:")
            ]
    for manifest in manifests:
        found += [
            f"{manifest['kind']}/{manifest['metadata']['name']}: a text like a secret"
            for text in _texts(manifest)
            if _SECRET_TEXT.search(text)
        ]
    return found


def secret_variables() -> set[str]:
    """Variables whose values the server never prints; a setting that names a file is none of them."""
    return {
        PREFIX + name.upper()
        for name, field in Settings.model_fields.items()
        if SecretStr in (field.annotation, *get_args(field.annotation))
    }


def _texts(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for value in node.values():
            yield from _texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value)
    elif isinstance(node, str):
        yield node
