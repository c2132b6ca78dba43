"""Metrics as a scraper sees them."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

AMPLE_SECONDS = 60.0


def fetch(address: str, path: str = "/metrics", accept: str = "") -> tuple[int, str]:
    """Status and text of a page."""
    request = urllib.request.Request(f"http://{address}{path}", headers={"Accept": accept})
    try:
        with urllib.request.urlopen(request, timeout=AMPLE_SECONDS) as response:  # noqa: S310
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Values by name and labels; none is there twice."""
    found: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            key = (sample.name, frozenset(sample.labels.items()))
            assert key not in found, key
            found[key] = sample.value
    return found


def value(text: str, name: str, **labels: str) -> float | None:
    """The value of one series, named without the prefix; None where there is none."""
    return samples(text).get((f"counterpoise_{name}", frozenset(labels.items())))


def metrics_address(log: Path) -> str:
    """Where a server that was started with `metrics_address` serves them, by its log."""
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    return next(line["address"] for line in lines if line["event"] == "metrics")


def wait_for(address: str, what: Callable[[str], bool]) -> str:
    """The first page of metrics of which `what` is true."""
    limit = time.monotonic() + AMPLE_SECONDS
    while True:
        text = fetch(address)[1]
        if what(text):
            return text
        assert time.monotonic() < limit, text
        time.sleep(0.05)
