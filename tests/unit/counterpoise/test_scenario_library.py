"""What is published stays, says where it comes from, and is found by name or not at all."""

import datetime
import hashlib
from pathlib import Path

import pytest

from counterpoise import scenarios
from counterpoise.scenarios import Status

DATA = Path(scenarios.__file__).parent / "data"
LIBRARY = scenarios.library("market-stresses", "1")

PUBLISHED = {
    "market-stresses/1.json": "0e26a9e470bbd563f14962df27e1aba19132aa0be098c438aed0733668e94943",
}
"""SHA-256 of every data file. A published one never changes: correct figures in a new version beside it."""

NEW_YORK_HOLIDAYS = {
    datetime.date(2008, 9, 1),
    datetime.date(2008, 11, 27),
    datetime.date(2022, 1, 17),
    datetime.date(2022, 2, 21),
    datetime.date(2022, 4, 15),
    datetime.date(2022, 5, 30),
    datetime.date(2022, 6, 20),
    datetime.date(2022, 7, 4),
    datetime.date(2022, 9, 5),
}


def test_a_published_version_never_changes():
    files = {
        file.relative_to(DATA).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in DATA.rglob("*")
        if file.is_file()
    }
    assert files == PUBLISHED


def test_libraries_and_versions_are_listed():
    assert scenarios.library_ids() == ("market-stresses",)
    assert scenarios.library_versions("market-stresses") == ("1",)
    assert (LIBRARY.library_id, LIBRARY.library_version) == ("market-stresses", "1")
    assert [entry.entry_id for entry in LIBRARY.entries] == [
        "2008-crisis",
        "2020-crash",
        "2020-dash-for-cash",
        "2022-rates",
        "2022-uk-gilts",
        "uk-gilts-floor",
        "uk-gilts-floor-and-buffer",
        "2025-april",
        "worst-windows",
    ]


def test_gates_are_readings_and_few_is_left_to_the_caller():
    gates = {entry.entry_id: entry.gate for entry in LIBRARY.entries if entry.gate is not None}
    assert {name: (gate.reading, gate.share) for name, gate in gates.items()} == {
        "2008-crisis": ("yes", 1.0),
        "2020-crash": ("few", None),
        "2022-rates": ("no", 0.0),
        "2025-april": ("no", 0.0),
    }
    assert {gate.source.status for gate in gates.values()} == {Status.READING}


def test_every_series_margin_and_source_is_used_and_explained():
    figures = [figure for entry in LIBRARY.entries for figure in entry.figures]
    margins = [margin for entry in LIBRARY.entries for margin in entry.margins]
    for item in (*figures, *margins):
        assert item.source.text.endswith(".")
        assert item.source.status in {Status.COMPUTED, Status.FOUND}
    for entry in LIBRARY.entries:
        assert {figure.series for figure in entry.figures} | set(entry.missing_series) == set(entry.series)
        assert {item.source for item in (*entry.figures, *entry.margins)} <= set(entry.sources)
        assert entry.title
        assert entry.text.endswith(".")
    assert {figure.series for figure in figures} == set(LIBRARY.entries[0].series)
    assert {margin.margin_class for margin in margins} == set(LIBRARY.entries[0].margin_classes)
    named = {source.source_id for entry in LIBRARY.entries for source in entry.sources}
    assert len({(source.status, source.text) for e in LIBRARY.entries for source in e.sources}) == len(named)


@pytest.mark.parametrize(
    "entry", [entry for entry in LIBRARY.entries if entry.first_date], ids=lambda e: e.entry_id
)
def test_horizons_count_sessions_after_the_first_date(entry):
    days = (entry.last_date - entry.first_date).days
    dates = [entry.first_date + datetime.timedelta(days=count) for count in range(1, days + 1)]
    sessions = [date for date in dates if date.weekday() < 5 and date not in NEW_YORK_HOLIDAYS]
    assert entry.horizon_trading_days == len(sessions)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (lambda: scenarios.library_versions("market-stress"), "perhaps market-stresses is meant"),
        (lambda: scenarios.library("mine", "1"), "scenarios: no library 'mine'; known are market-stresses"),
        (lambda: scenarios.library("market-stresses", "2"), "no version '2'; known are 1"),
        (lambda: scenarios.library("market-stresses", "latest"), "no version 'latest'; known are 1"),
        (lambda: LIBRARY.entry("2020"), "market-stresses 1: no entry '2020'"),
        (lambda: LIBRARY.entry("2020-crsh"), "perhaps 2020-crash is meant"),
        (
            lambda: LIBRARY.entry("2020-crash").figure("us_equities"),
            "entry 2020-crash: no series 'us_equities'",
        ),
        (
            lambda: LIBRARY.entry("2020-crash").margin("equities"),
            "no margin class 'equities'; perhaps equity",
        ),
    ],
)
def test_what_does_not_exist_is_refused_by_name(asked, message):
    with pytest.raises(scenarios.UnknownName, match=message.replace("(", r"\(")):
        asked()
