"""`counterpoise scenarios`: what the libraries have, with names that can be copied into a scenario."""

import dataclasses

import pytest
from typer.testing import CliRunner

from counterpoise import scenarios
from counterpoise.command import library
from counterpoise.command.commands import app


def run(*arguments):
    return CliRunner().invoke(app, ["scenarios", *arguments])


def test_every_entry_is_listed():
    result = run("list")
    assert result.exit_code == 0
    for item in library.libraries():
        assert f"{item.library_id}/{item.library_version}" in result.output
        for entry in item.entries:
            assert entry.entry_id in result.output
    assert max(map(len, result.output.splitlines())) <= 100


@pytest.mark.parametrize("entry", [entry for item in library.libraries() for entry in item.entries])
def test_an_entry_shows_its_moves_and_how_they_are_known(entry):
    result = run("show", entry.entry_id)
    assert result.exit_code == 0, result.output
    assert library.in_full(entry) in result.output
    words = " ".join(result.output.split())
    for figure in entry.figures:
        assert figure.series.series_id in words
    for margin in entry.margins:
        assert f"{margin.multiplier:.2f}x" in words
    for source in entry.sources:
        assert f"- {source.source_id}, {source.status.value}: " in words
    for series in entry.missing_series:
        assert series.series_id in words[words.index("Not found, and not made up:") :]
    assert max(map(len, result.output.splitlines())) <= 100


def test_returns_are_told_in_percent_and_yields_in_basis_points():
    output = " ".join(run("show", "2008-crisis").output.split())
    assert "us_equity US equity, large 63 -30.0 % prices" in output
    assert "63 +1,150 bp spreads" in output
    assert "(from 316 to 642)" in output
    assert "Gates on quarterly funds: yes, 100 % is kept" in output


def test_a_name_in_full_shows_the_same():
    assert run("show", "market-stresses/1/2020-crash").output == run("show", "2020-crash").output


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("2008-criss", "perhaps 2008-crisis is meant"),
        ("market-stresses/9/2008-crisis", "no version '9'"),
        ("nowhere/1/2008-crisis", "no library 'nowhere'"),
        ("market-stresses/1/2008-criss", "perhaps 2008-crisis is meant"),
    ],
)
def test_an_unknown_name_is_wrong_usage_and_names_a_near_one(name, words):
    result = run("show", name)
    assert result.exit_code == 2
    assert words in " ".join(result.output.replace("│", " ").split())


def test_a_name_of_several_versions_has_to_be_told_in_full(monkeypatch):
    one = scenarios.library("market-stresses", "1")
    entries = tuple(dataclasses.replace(entry, library_version="2") for entry in one.entries)
    two = dataclasses.replace(one, library_version="2", entries=entries)
    monkeypatch.setattr(library, "libraries", lambda: (one, two))
    with pytest.raises(
        scenarios.UnknownName, match="market-stresses/1/2020-crash, market-stresses/2/2020-crash"
    ):
        library.found("2020-crash")
