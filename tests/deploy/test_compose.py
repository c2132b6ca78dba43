"""The compose file by policies of our own. There is no engine here: nothing in it has been started."""

import re
from pathlib import Path

import pytest
import yaml

from optimizer.settings import FILE_VARIABLE, PREFIX, Settings

DEPLOY = Path(__file__).parents[2] / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "counterpoise-server" in service["image"]}
KNOWN = {PREFIX + name.upper() for name in Settings.model_fields} | {FILE_VARIABLE}

every_service = pytest.mark.parametrize("name", SERVICES)


def limits(name):
    return SERVICES[name]["deploy"]["resources"]["limits"]


def seconds(text):
    return int(re.fullmatch(r"(\d+)s", text)[1])


@every_service
def test_nobody_is_root_or_can_become_it(name):
    service = SERVICES[name]
    user, group = service["user"].split(":")
    assert int(user) > 0
    assert int(group) > 0
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not {"cap_add", "privileged", "pid", "ipc", "network_mode", "devices"} & set(service)


@every_service
def test_nothing_is_written_but_memory_of_limited_size_and_named_volumes(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert any(mount.startswith("/tmp:") for mount in service["tmpfs"])  # noqa: S108
    assert all(re.search(r"[:,]size=\d+m,.*nosuid,nodev,noexec", mount) for mount in service["tmpfs"])
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        assert volume.endswith(":ro") if source.startswith(".") else source in COMPOSE["volumes"]


@every_service
def test_nobody_takes_more_than_its_share(name):
    assert set(limits(name)) == {"cpus", "memory", "pids"}
    assert float(limits(name)["cpus"]) <= 2
    assert re.fullmatch(r"\d+[mg]", limits(name)["memory"])
    assert SERVICES[name]["logging"]["options"]["max-size"]


@every_service
def test_whoever_stays_is_asked_how_it_is_and_starts_again(name):
    service = SERVICES[name]
    if name == "migrate":  # its exit code tells
        assert service["restart"] == "no"
        return
    check = service["healthcheck"]
    assert service["restart"] == "unless-stopped"
    assert check["test"][0] == "CMD"
    assert seconds(check["timeout"]) <= seconds(check["interval"])
    assert check["retries"] >= 3
    assert seconds(check["start_period"]) >= 30


@every_service
def test_images_are_named_with_a_tag(name):
    image = re.sub(r"^\$\{\w+:-(.*)\}$", r"\1", SERVICES[name]["image"])
    assert re.search(r":[\w.-]+$", image)
    assert name in OURS or not image.endswith(":latest")


def test_the_commands_of_the_server_run_as_the_user_of_its_image():
    assert {name: service["command"] for name, service in OURS.items()} == {
        "migrate": ["migrate"],
        "server": ["serve"],
        "scheduler": ["schedule"],
    }
    user = re.search(r"^USER (\S+)$", (DEPLOY / "Dockerfile").read_text(), flags=re.MULTILINE)[1]
    assert {service["user"] for service in OURS.values()} == {user}
    assert SERVICES["server"]["deploy"]["replicas"] == 2
    assert "replicas" not in SERVICES["scheduler"]["deploy"]


def test_workers_are_as_many_as_processors_are_allowed():
    for name in ("server", "scheduler"):
        assert int(OURS[name]["environment"]["COUNTERPOISE_WORKER_COUNT"]) == float(limits(name)["cpus"])


def test_there_is_time_to_drain_before_the_end():
    server = SERVICES["server"]
    assert seconds(server["stop_grace_period"]) > 2 * int(server["environment"]["COUNTERPOISE_DRAIN_SECONDS"])


def test_tables_are_made_before_anybody_needs_them():
    assert SERVICES["migrate"]["depends_on"]["postgres"]["condition"] == "service_healthy"
    for name in ("server", "scheduler"):
        assert SERVICES[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


def test_secrets_are_files_and_each_is_seen_by_who_needs_it():
    for service in SERVICES.values():
        for variable, value in service.get("environment", {}).items():
            secret = re.search("PASSWORD|SECRET|DSN|TOKEN_KEYS", variable)
            assert not secret or (variable.endswith("_FILE") and value.startswith("/run/secrets/"))
    seen = {name: set(service["secrets"]) for name, service in SERVICES.items() if "secrets" in service}
    assert seen == {
        "postgres": {"postgres_password"},
        "migrate": {"store_dsn"},
        "server": {"store_dsn", "token_keys"},
        "scheduler": {"store_dsn"},
    }
    assert all(secret["file"].startswith("./secrets/") for secret in COMPOSE["secrets"].values())
    assert "/deploy/secrets/" in (DEPLOY.parent / ".gitignore").read_text().splitlines()


def test_only_the_proxy_is_reached_from_other_machines():
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"proxy": ["8443:8443"], "prometheus": ["127.0.0.1:9090:9090"]}
    networks = COMPOSE["networks"]
    assert [name for name, network in networks.items() if not network.get("internal")] == ["outside"]
    assert {name for name, service in SERVICES.items() if "outside" in service["networks"]} == set(published)
    assert {name for name, service in SERVICES.items() if "store" in service["networks"]} == {
        "postgres",
        *OURS,
    }


def test_the_server_knows_every_setting():
    given = {name for service in OURS.values() for name in service["environment"]}
    assert given
    assert given <= KNOWN, given - KNOWN


def test_what_is_mounted_is_there():
    mounted = [volume for service in SERVICES.values() for volume in service.get("volumes", [])]
    folders = [volume.split(":")[0] for volume in mounted if volume.startswith("./")]
    assert sorted(folders) == ["./envoy", "./prometheus", "./secrets/certificates"]
    assert (DEPLOY / "envoy" / "envoy.yaml").is_file()
    assert (DEPLOY / "prometheus" / "prometheus.yaml").is_file()


def test_the_proxy_and_prometheus_look_up_names_that_there_are():
    proxy = (DEPLOY / "envoy" / "envoy.yaml").read_text()
    (replicas,) = set(re.findall(r"address: (\w+), port_value: 50051", proxy))
    assert replicas in SERVICES["server"]["networks"]["calls"]["aliases"]
    scrapes = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yaml").read_text())["scrape_configs"]
    looked_up = {
        name for scrape in scrapes for found in scrape.get("dns_sd_configs", []) for name in found["names"]
    }
    fixed = {
        target.split(":")[0]
        for scrape in scrapes
        for static in scrape.get("static_configs", [])
        for target in static["targets"]
    }
    assert looked_up | fixed == {"server", "scheduler", "proxy"}
    assert all("metrics" in SERVICES[name]["networks"] for name in looked_up | fixed)
