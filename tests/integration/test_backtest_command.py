"""`counterpoise backtest` from a table to a page, and again where it stopped."""

import json
import subprocess
from dataclasses import replace

import pandas as pd
import pytest

from counterpoise import files
from tests import walks
from tests.serving import BIN

LAST = "2005-12-31"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A problem and a table of returns."""
    folder = tmp_path_factory.mktemp("backtest")
    problem, history = walks.problem(), walks.simulated()
    lines = tuple(
        replace(line, current_fraction=float(line.line_id == "bills")) for line in problem.portfolio.lines
    )
    problem = replace(problem, portfolio=replace(problem.portfolio, lines=lines))
    (folder / "problem.json").write_text(files.problem_json(problem), encoding="utf-8")
    columns = {column.column_id: column.returns for column in history.columns}
    pd.DataFrame(columns, index=pd.Index(history.dates, name="date")).to_csv(folder / "returns.csv")
    return folder


def run(folder, server, *more):
    arguments = ["backtest", "problem.json", "--returns", "returns.csv", "--frequency", "monthly"]
    arguments += ["--excess", "equity,bonds,skill,clone", "--cash", "cash", "--to", LAST]
    return subprocess.run(
        [BIN / "counterpoise", *arguments, *more, "--target", server.address],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_page_says_what_was_earned_what_was_called_and_who_ran_out(folder, server):
    done = run(folder, server, "--out", "out", "--without", "coverage,reserve")
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(folder / "out" / "comparison.csv", index_col=0)
    assert list(table.index) == ["with limits", "without", "reference"]
    for name in table.index:
        assert f"{100 * table.loc[name, 'annual_return']:.2f}" in done.stdout
    for heading in ("WHAT BECAME OF THE RESERVE", "LARGEST CALLS, WITH LIMITS", "RESERVE EXHAUSTED, WITHOUT"):
        assert heading in done.stdout
    path = pd.read_csv(folder / "out" / "with-limits-path.csv", index_col=0)
    assert len(path) == 13
    assert f"{len(path) - 1} periods, {len(path)} decisions" in done.stdout


def test_what_was_walked_is_not_walked_again(folder, server):
    first = run(folder, server, "--out", "again")
    book = folder / "again" / "with-limits.jsonl"
    written = book.read_text(encoding="utf-8")
    book.write_text("".join(written.splitlines(keepends=True)[:5]), encoding="utf-8")
    second = run(folder, server, "--out", "again")
    assert second.stdout == first.stdout
    assert book.read_text(encoding="utf-8") == written


def test_a_journal_of_another_walk_is_refused(folder, server):
    run(folder, server, "--out", "other", "--without", "none")
    done = run(folder, server, "--out", "other", "--without", "none", "--rebalance", "3")
    assert done.returncode == 1
    assert "of another plan" in done.stderr


def test_programs_get_the_comparison(folder, server):
    done = run(folder, server, "--json", "--without", "none")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert set(told) == {"with limits", "reference"}
    assert told["with limits"]["exhausted_count"] == 0


def test_a_table_that_is_wrong_is_told_with_its_path(folder, server):
    done = run(folder, server, "--window", "12")
    assert done.returncode == 1
    assert "window_period_count" in done.stderr
