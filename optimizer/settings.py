"""Configuration of the server: environment first, then a file, then defaults.

Variables are named `COUNTERPOISE_` and the field in capitals; a TOML or YAML file names the fields
themselves. The file is the one given, else the one named by `COUNTERPOISE_SETTINGS_FILE`.
"""

from __future__ import annotations

import ipaddress
import os
import tomllib
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import Field, FilePath, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict

PREFIX = "COUNTERPOISE_"
FILE_VARIABLE = "COUNTERPOISE_SETTINGS_FILE"
LEAST_SECRET_BYTES = 32
CALLS_PER_WORKER = 3
"""Calls admitted per worker: enough to keep it busy; more only wait longer and then fail together."""
GRACE_BEYOND_TIME_LIMIT_SECONDS = 10.0


class SettingsError(Exception):
    """The configuration cannot be used; the message says where and why, without values."""


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True)

    listen_address: str = "127.0.0.1:50051"
    """`host:port`, an IPv6 host in brackets; port 0 takes a free one."""
    worker_count: int = Field(default_factory=lambda: len(os.sched_getaffinity(0)), ge=1, le=1024)
    """Worker processes; unset is one for each processor that this process may use."""
    maximum_concurrent_calls: int | None = Field(default=None, ge=1, le=65_536)
    """Calls of one tenant that compute at a time, waiting ones included; further ones are refused. Unset is
    three per worker. Tenants below their share are let in beyond that, up to eight times as many in all."""
    maximum_light_calls: int = Field(default=64, ge=1, le=65_536)
    """The same for calls that compute nothing: they read, record or check, and wait behind no solve."""
    time_limit_seconds: float = Field(default=30.0, gt=0, le=3600)
    """Longest solve, queue included, and what a request without a time limit gets."""
    dask_scheduler_address: str | None = None
    """Scheduler of a Dask cluster that sweeps and batches run on, as `tcp://scheduler:8786`; its workers have
    this distribution installed. Unset: this server's own workers. Needs the extra `cluster`."""
    drain_seconds: float = Field(default=25.0, ge=0, le=3600)
    """How long calls may go on after a signal to stop."""
    keepalive_seconds: float = Field(default=60.0, ge=10, le=3600)
    """After so long without a word a connection's other end is asked whether it is still there."""
    connection_age_seconds: float = Field(default=600.0, ge=0, le=86_400)
    """After so long, give or take a tenth, clients are asked to connect anew, so that load balancers spread
    them over new servers too; 0 is never."""
    connection_grace_seconds: float | None = Field(default=None, gt=0, le=7200)
    """How long calls on a connection that has come of age may go on, streams included. Unset is ten seconds
    beyond the longest solve."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "json"
    store_dsn: SecretStr = SecretStr("sqlite:///counterpoise.sqlite3")
    """Where rebalancing is recorded: `sqlite:///FILE`, relative to the folder that the server starts in, or
    `postgresql://USER:PASSWORD@HOST/DATABASE`. Never printed."""
    store_dsn_file: FilePath | None = None
    """File with what `store_dsn` would hold, blanks around it left out; instead of it."""
    webhook_url: SecretStr | None = None
    """Where changes and approved trades are posted, https except on this machine; with the next. Never
    printed: an address may hold a key of its own."""
    webhook_secret_file: FilePath | None = None
    """File with the secret that signs what is posted, at least 32 bytes; blanks around it do not count."""
    tls_certificate_file: FilePath | None = None
    """PEM chain of the server; with `tls_key_file`."""
    tls_key_file: FilePath | None = None
    """PEM private key of the server."""
    token_keys_file: FilePath | None = None
    """JSON Web Key Set with the public keys of whoever issues tokens; with the next two."""
    token_issuer: str | None = Field(default=None, min_length=1)
    """The `iss` of every token."""
    token_audience: str | None = Field(default=None, min_length=1)
    """What the `aud` of every token contains."""
    allow_plaintext: bool = False
    """Accept connections without TLS from other machines too, as behind a proxy that ends TLS."""
    metrics_address: str | None = None
    """`host:port` of GET /metrics and GET /healthz, over plain HTTP and without tokens wherever it is: they
    hold ids of tenants and jobs and figures of portfolios, no problems and no secrets. Unset: none."""
    heartbeat_seconds: float = Field(default=60.0, gt=0, le=3600)
    """How often whoever schedules judges triggers again."""

    trace_endpoint: str | None = None
    """Collector of traces, OTLP over gRPC, as `http://collector:4317`; the rest by the variables `OTEL_*`."""

    @property
    def concurrent_calls(self) -> int:
        """`maximum_concurrent_calls` or its default."""
        return self.maximum_concurrent_calls or CALLS_PER_WORKER * self.worker_count

    @property
    def places(self) -> int:
        """Calls that compute and are worked on at a time, one per worker; whoever else is admitted waits.

        What is handed out waits no more for its turn among tenants, so nothing is handed out in advance.
        """
        return min(self.worker_count, self.concurrent_calls)

    @property
    def grace_seconds(self) -> float:
        """`connection_grace_seconds` or its default."""
        return self.connection_grace_seconds or self.time_limit_seconds + GRACE_BEYOND_TIME_LIMIT_SECONDS

    @field_validator("listen_address", "metrics_address")
    @classmethod
    def _has_host_and_port(cls, address: str | None) -> str | None:
        if address is None:
            return None
        host, separator, port = address.rpartition(":")
        bare_ipv6 = ":" in host and not (host.startswith("[") and host.endswith("]"))
        if not (host and separator and port.isdecimal() and int(port) < 65_536) or bare_ipv6:
            raise ValueError("an address is host:port, as 127.0.0.1:50051 or [::1]:50051")
        return address

    @model_validator(mode="before")
    @classmethod
    def _reads_store_dsn(cls, values: dict[str, Any]) -> dict[str, Any]:
        file = values.get("store_dsn_file")
        if file is None:
            return values
        if "store_dsn" in values:
            raise ValueError("store_dsn and store_dsn_file say the same: set one of them")
        try:
            dsn = Path(str(file)).read_bytes().strip().decode()
        except OSError as error:
            raise ValueError(f"store_dsn_file cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise ValueError("store_dsn_file does not hold text") from None
        if not dsn:
            raise ValueError("store_dsn_file is empty")
        return values | {"store_dsn": dsn}

    @field_validator("trace_endpoint")
    @classmethod
    def _names_a_collector(cls, endpoint: str | None) -> str | None:
        if endpoint is None:
            return None
        parts = urlsplit(endpoint)
        host, separator, port = parts.netloc.rpartition(":")
        sound = parts.scheme in {"http", "https"} and host and separator and port.isdecimal()
        if not sound or int(port) > 65_535 or "@" in host or endpoint.partition("://")[2] != parts.netloc:
            raise ValueError(
                "a collector is http://host:port or https://host:port and no more, as http://127.0.0.1:4317;"
                " what it is sent beside spans goes into OTEL_EXPORTER_OTLP_HEADERS"
            )
        return endpoint

    @model_validator(mode="after")
    def _strangers_stay_out(self) -> Settings:
        given = {self.token_keys_file is None, self.token_issuer is None, self.token_audience is None}
        if len(given) > 1:
            raise ValueError("token_keys_file, token_issuer and token_audience go together; set all three")
        if self.token_keys_file is None and not _is_loopback(self.listen_address):
            raise ValueError(
                "without token keys the server listens on loopback only, as callers are whoever they say:"
                " set token_keys_file, token_issuer and token_audience; allow_plaintext does not replace them"
            )
        return self

    @model_validator(mode="after")
    def _messages_are_signed(self) -> Settings:
        if (self.webhook_url is None) != (self.webhook_secret_file is None):
            raise ValueError("webhook_url and webhook_secret_file go together; one of them is unset")
        if self.webhook_url is not None:
            parts = urlsplit(self.webhook_url.get_secret_value())
            here = parts.hostname is not None and _is_loopback(f"{parts.hostname}:0")
            if parts.scheme != "https" and not (parts.scheme == "http" and here):
                raise ValueError("webhook_url is an https address, or an http one on loopback")
        if self.webhook_secret_file is not None:
            try:
                secret = self.webhook_secret_file.read_bytes().strip()
            except OSError as error:
                raise ValueError(f"webhook_secret_file cannot be read: {error.strerror}") from None
            if len(secret) < LEAST_SECRET_BYTES:
                raise ValueError(f"webhook_secret_file holds less than {LEAST_SECRET_BYTES} bytes")
        return self

    @model_validator(mode="after")
    def _plaintext_stays_here(self) -> Settings:
        if (self.tls_certificate_file is None) != (self.tls_key_file is None):
            raise ValueError("tls_certificate_file and tls_key_file go together; one of them is unset")
        if (
            self.tls_certificate_file is None
            and not self.allow_plaintext
            and not _is_loopback(self.listen_address)
        ):
            raise ValueError(
                "without TLS the server listens on loopback only: set tls_certificate_file and tls_key_file,"
                " or allow_plaintext where something in front of it ends TLS"
            )
        return self


def load_settings(file: Path | None = None, listen_address: str | None = None) -> Settings:
    """Settings from the environment and a file; `listen_address` wins over both.

    Raises SettingsError.
    """
    if file is None and (named := os.environ.get(FILE_VARIABLE)):
        file = Path(named)
    values = read_file(file) if file is not None else {}
    values |= EnvSettingsSource(Settings)()
    if listen_address is not None:
        values["listen_address"] = listen_address
    try:
        return Settings(**values)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        raise SettingsError(
            "; ".join(_sentence(detail["loc"], detail["msg"]) for detail in details)
        ) from None


def unknown_variables() -> list[str]:
    """Names of variables with our prefix that mean nothing here.

    They are worth a warning, no more: cluster managers derive such names from the name of a service.
    """
    known = {PREFIX + name.upper() for name in Settings.model_fields} | {FILE_VARIABLE}
    return sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)


def read_file(file: Path) -> dict[str, Any]:
    """The fields of a TOML or YAML file. Raises SettingsError."""
    try:
        text = file.read_text(encoding="utf-8")
        values: object
        if file.suffix == ".toml":
            values = tomllib.loads(text)
        elif file.suffix in {".yaml", ".yml"}:
            values = yaml.safe_load(text) or {}
        else:
            raise SettingsError(f"{file}: a settings file ends in .toml, .yaml or .yml")
    except yaml.MarkedYAMLError as error:
        # Its own text quotes the line, and a settings file may hold secrets.
        line = error.problem_mark.line + 1 if error.problem_mark is not None else 0
        raise SettingsError(f"{file}, line {line}: {error.problem}") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file}: {error}") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        raise SettingsError(f"{file}: cannot be read as text") from None
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise SettingsError(f"{file}: a settings file maps names to values")
    return values


def _is_loopback(address: str) -> bool:
    host = address.rpartition(":")[0].strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _sentence(location: tuple[int | str, ...], message: str) -> str:
    text = message.removeprefix("Value error, ")
    return f"{'.'.join(map(str, location))}: {text}" if location else text
