import json
import logging

import pytest
import structlog

from optimizer.service.logs import configure_logs


@pytest.fixture(autouse=True)
def logging_as_it_was():
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def fail():
    contents = "nav of the client"
    raise ValueError(len(contents))


def test_our_lines_and_those_of_libraries_are_json_objects(capsys):
    configure_logs("info", "json")
    structlog.get_logger("ours").info("call", code="OK")
    logging.getLogger("theirs").warning("worker died: %s", "worker-1")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["logger"], line["level"], line["event"]) for line in lines] == [
        ("ours", "info", "call"),
        ("theirs", "warning", "worker died: worker-1"),
    ]
    assert lines[0]["code"] == "OK"


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_traceback_shows_no_variables(capsys, log_format):
    configure_logs("info", log_format)
    try:
        fail()
    except ValueError:
        structlog.get_logger("ours").exception("internal error")
    text = capsys.readouterr().err
    assert "in fail" in text
    assert text.count("nav of the client") == 0


def test_what_is_below_the_level_is_dropped(capsys):
    configure_logs("warning", "json")
    structlog.get_logger("ours").info("call")
    logging.getLogger("theirs").info("call")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", ["baggage.propagation", "trace.propagation.tracecontext", "trace.span"])
def test_what_the_library_says_of_metadata_is_dropped(capsys, name):
    configure_logs("debug", "json")
    logging.getLogger(f"opentelemetry.{name}").warning("Invalid entry: %s", "of a stranger")
    assert capsys.readouterr().err == ""
