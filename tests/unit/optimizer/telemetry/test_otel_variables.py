"""Variables that the library would pass over, and we do not."""

import pytest

from optimizer.telemetry import traces
from optimizer.telemetry.otel_variables import check_variables

FILES = [
    f"OTEL_EXPORTER_OTLP_{name}"
    for name in (
        "CERTIFICATE",
        "CLIENT_KEY",
        "CLIENT_CERTIFICATE",
        "TRACES_CERTIFICATE",
        "TRACES_CLIENT_KEY",
        "TRACES_CLIENT_CERTIFICATE",
    )
]
UNUSABLE = [
    ("OTEL_EXPORTER_OTLP_COMPRESSION", "pigeon"),
    ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "pigeon"),
    ("OTEL_BSP_MAX_QUEUE_SIZE", "-1"),
    ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "pigeon"),
    ("OTEL_PYTHON_EXPORTER_OTLP_GRPC_RETRYABLE_ERROR_CODES", "pigeon"),
    ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/"),
]


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_not_there_is_named_with_its_variable(name, tmp_path):
    there = tmp_path / "there.pem"
    there.write_text("PEM")
    check_variables({name: str(there)})
    check_variables({name: ""})
    with pytest.raises(ValueError, match=rf"\A{name} names .*/missing\.pem, .* No such file"):
        check_variables({name: str(tmp_path / "missing.pem")})


@pytest.mark.parametrize("sampler", ["pigeon", "", "ratio"])
def test_a_sampler_that_is_none_is_named_with_those_that_are(sampler):
    with pytest.raises(ValueError, match=rf"is '{sampler}'.*always_on, .*parentbased_traceidratio"):
        check_variables({"OTEL_TRACES_SAMPLER": sampler})


@pytest.mark.parametrize("sampler", ["always_off", "Parentbased_Always_On", "traceidratio"])
def test_samplers_of_the_library_are_taken(sampler):
    check_variables({"OTEL_TRACES_SAMPLER": sampler})


@pytest.mark.parametrize("share", ["7", "-0.1", "nan", "pigeon", ""])
@pytest.mark.parametrize("sampler", ["traceidratio", "parentbased_traceidratio"])
def test_a_share_of_traces_is_from_0_to_1(sampler, share):
    variables = {"OTEL_TRACES_SAMPLER": sampler}
    check_variables(variables | {"OTEL_TRACES_SAMPLER_ARG": "0.25"})
    with pytest.raises(ValueError, match="OTEL_TRACES_SAMPLER_ARG is"):
        check_variables(variables | {"OTEL_TRACES_SAMPLER_ARG": share})


@pytest.mark.parametrize(("name", "text"), UNUSABLE)
def test_whatever_the_library_raises_is_said_in_one_line(monkeypatch, name, text):
    monkeypatch.setenv(name, text)
    with (
        pytest.raises(traces.TracesError, match=r"OTEL_\* variables cannot be used"),
        traces.exported_to("http://127.0.0.1:1"),
    ):
        pass
