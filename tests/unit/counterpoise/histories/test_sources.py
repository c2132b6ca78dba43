"""CSV and Parquet to histories, and what is said of files that are neither."""

import dataclasses
import sys
import types

import pandas as pd
import pytest

from counterpoise.histories import UnreadableHistory, read_csv, read_parquet, sources
from counterpoise.model import Frequency, ReturnBasis
from tests.unit.counterpoise.histories.test_frames import BASES, QUESTION, sample_frame

TWO = {"a": ReturnBasis.TOTAL, "b": ReturnBasis.EXCESS}


@pytest.fixture
def read(tmp_path):
    def from_text(text, bases=None, **options):
        path = tmp_path / "returns.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_csv(path, frequency=Frequency.MONTHLY, bases=bases or TWO, **options)

    return from_text


def test_a_csv_file_is_the_history_that_it_shows(tmp_path):
    path = tmp_path / "returns.csv"
    sample_frame().to_csv(path)
    assert read_csv(path, frequency=Frequency.MONTHLY, bases=BASES) == QUESTION.history


def test_empty_cells_and_what_says_so_are_missing(read):
    history = read("date,a,b\n2020-01-31,,0.01\n2020-02-29,NaN,0.02\n2020-03-31,0.03,n/a\n2020-04-30,0.01\n")
    assert [column.missing_periods for column in history.columns] == [(0, 1), (2, 3)]
    assert history.columns[0].returns.tolist() == [0.0, 0.0, 0.03, 0.01]


def test_dates_may_be_in_any_column_and_months_without_days(read):
    history = read("a , month,b\n0.01,202001,0.02\n0.03,202002,0.04\n", dates="month")
    assert [date.isoformat() for date in history.dates] == ["2020-01-31", "2020-02-29"]
    assert history.columns[1].returns.tolist() == [0.02, 0.04]


def test_marks_of_the_byte_order_and_blank_lines_are_no_matter(read):
    assert len(read(b"\xef\xbb\xbfdate,a,b\r\n\r\n2020-01-31,0.01,0.02\r\n").dates) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty; write names in the first row"),
        (b"date,a,b\n2020-01-31,0.01,\xff\n", "no UTF-8 at byte"),
        ("date,a,b\n2020-01-31,0.01,0.02,0.03\n", "no CSV: .*Expected 3 fields in line 2, saw 4"),
        ("date,a,a,b\n2020-01-31,0.01,0.02,0.03\n", "column 'a' comes 2 times"),
        ("date,a\n2020-01-31,0.01\n", "no column 'b'; there are a$"),
        ("date;a;b\n2020-01-31;0.01;0.02\n", "has semicolons and no commas; save the file with commas"),
        ("date;a;b\n2020-01-31;0,01;0,02\n", "has semicolons and no commas; .* points in decimals"),
        ("date\ta\tb\n2020-01-31\t0.01\t0.02\n", "has tabs and no commas"),
        ("date,a,b\n2020-01-31,1_000,0.02\n", "column 'a': '1_000' is no number"),
        ("date,a,b\n2020-01-31,0x1,0.02\n", "column 'a': '0x1' is no number"),
        ("date,a,b\n2020-01-31,inf,0.02\n", "column 'a': 'inf' is no number"),
        ("date,a,b\n,,\n2020-01-31,0.01,0.02\n", "row 1: '' is no date"),
        ("date,a,b\n31.01.2020,0.01,0.02\n", "row 1: '31.01.2020' is no date"),
        ("date,a,b\n2020-01-31,1.2%,0.02\n", r"row 1 \(2020-01-31\), column 'a': '1.2%' is no number"),
    ],
)
def test_what_is_no_table_of_returns_is_told(read, text, said):
    with pytest.raises(UnreadableHistory, match=said):
        read(text)


def test_a_column_of_dates_that_is_not_there_is_told(read):
    with pytest.raises(UnreadableHistory, match="0 columns are named 'day'; name the one of dates"):
        read("date,a,b\n2020-01-31,0.01,0.02\n", dates="day")


@pytest.mark.parametrize("end", [",,\n", ", ,\n,,\n,,", " \n,,\n"])
def test_empty_rows_at_the_end_are_no_periods(read, end):
    history = read(f"date,a,b\n2020-01-31,0.01,0.02\n2020-02-29,,\n{end}")
    assert [date.isoformat() for date in history.dates] == ["2020-01-31", "2020-02-29"]
    assert history.columns[0].missing_periods == (1,)


@pytest.mark.parametrize("text", ["0.01", "+0.01", ".01", "1e-2", "1.E-2", " 0.01 "])
def test_numbers_are_written_in_many_ways(read, text):
    assert read(f"date,a,b\n2020-01-31,{text},1\n").columns[0].returns.tolist() == [0.01]


def test_a_file_without_rows_has_no_periods(read):
    assert read("date,a,b\n").dates == ()


# Parquet: pyarrow is an extra, and these tests do without it


@pytest.fixture
def parquet(monkeypatch):
    """Function (frame): what pandas reads from any Parquet file, as if pyarrow were there."""

    def holding(frame):
        monkeypatch.setattr(sources, "find_spec", lambda _: types.ModuleType("pyarrow"))
        monkeypatch.setattr(pd, "read_parquet", lambda path, engine: frame)

    return holding


@pytest.mark.parametrize("as_column", [False, True])
def test_parquet_has_dates_as_its_index_or_first_column(parquet, as_column):
    frame = sample_frame()
    parquet(frame.rename_axis("date").reset_index() if as_column else frame)
    assert read_parquet("x.parquet", frequency=Frequency.MONTHLY, bases=BASES) == QUESTION.history


def test_parquet_may_name_its_column_of_dates(parquet):
    frame = sample_frame().rename_axis("date").reset_index()
    parquet(frame[["cash", "date", "skill"]])
    history = read_parquet("x", frequency=Frequency.MONTHLY, bases={"skill": ReturnBasis.TOTAL}, dates="date")
    assert history == dataclasses.replace(QUESTION.history, columns=QUESTION.history.columns[:1])


def test_without_pyarrow_it_is_said_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(sources, "find_spec", lambda _: None)
    with pytest.raises(UnreadableHistory, match=r"needs pyarrow: pip install 'counterpoise\[parquet\]'"):
        read_parquet(tmp_path / "x.parquet", frequency=Frequency.MONTHLY, bases=BASES)


def test_what_is_no_parquet_is_told(monkeypatch, tmp_path):
    def refuse(path, engine):
        raise ValueError("Parquet magic bytes not found in footer")

    monkeypatch.setattr(sources, "find_spec", lambda _: sys)
    monkeypatch.setattr(pd, "read_parquet", refuse)
    with pytest.raises(UnreadableHistory, match="no Parquet: Parquet magic bytes"):
        read_parquet(tmp_path / "x.parquet", frequency=Frequency.MONTHLY, bases=BASES)
