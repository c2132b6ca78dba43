"""What the OpenTelemetry library would take for a warning and we for a mistake: variables that it ignores."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

_FILES: Final = tuple(
    f"OTEL_EXPORTER_OTLP_{signal}{file}"
    for signal in ("", "TRACES_")
    for file in ("CERTIFICATE", "CLIENT_KEY", "CLIENT_CERTIFICATE")
)
_RATIO_SAMPLERS: Final = ("traceidratio", "parentbased_traceidratio")
_SAMPLERS: Final = (
    "always_on",
    "always_off",
    "parentbased_always_on",
    "parentbased_always_off",
    *_RATIO_SAMPLERS,
)


def check_variables(environment: Mapping[str, str]) -> None:
    """Raise ValueError where a file that a variable names cannot be read, or the sampler is none.

    Without the files the library would trust other certificates; without the sampler it would take all.
    """
    for name in _FILES:
        if environment.get(name):
            _check_readable(name, environment[name])
    # The library takes an empty name for one that it does not know.
    sampler = environment.get("OTEL_TRACES_SAMPLER", _SAMPLERS[0])
    if sampler.lower() not in _SAMPLERS:
        raise ValueError(f"OTEL_TRACES_SAMPLER is {sampler!r}; set it to one of {', '.join(_SAMPLERS)}")
    if sampler.lower() in _RATIO_SAMPLERS:
        _check_ratio(environment.get("OTEL_TRACES_SAMPLER_ARG", "1"))


def _check_readable(name: str, path: str) -> None:
    try:
        with Path(path).open("rb") as file:
            file.read(1)
    except OSError as error:
        raise ValueError(f"{name} names {path}, which cannot be read: {error.strerror}") from error


def _check_ratio(text: str) -> None:
    try:
        usable = 0 <= float(text) <= 1
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(f"OTEL_TRACES_SAMPLER_ARG is {text!r}; set it to a share of traces, from 0 to 1")
