"""Texts that are no problem: bounds of a document, and junk."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterpoise import files
from counterpoise.errors import InvalidProblem
from counterpoise.files.document import DEEPEST_NESTING, LARGEST_DOCUMENT
from counterpoise.model import (
    ErrorReason,
)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "---\n",
        "null",
        "3",
        "text",
        "[]",
        "- market: {}",
        "a: [b",
        "a: b: c",
        "a: 1\n---\nb: 2",
        "\x00",
        "a: \x07",
        "a: *b",
        "@",
        "%YAML 9.9\n---\na",
        "{",
        "\ud800",
        "\t",
        "a: |\n\tx",
        "? a",
        "!!python/object:os.system {}",
    ],
    ids=repr,
)
def test_text_that_is_no_problem_is_refused(refused, text):
    assert refused(text)


def test_syntax_is_answered_with_what_and_where(messages):
    (message,) = messages("a: 1\nb: [c\n")
    assert message.startswith("no YAML or JSON: ")
    assert "(line 3, column 1)" in message
    for text in ("a: [b", "a: \x07", "a: b: c", "@", "{", "a: 'b"):
        assert "<" not in messages(text)[0]


@pytest.mark.parametrize(("text", "line"), [("a:\n\tb: 1\n", 2), ("a: 1\nb:\n  c: 1\n  \td: 2\n", 4)])
def test_a_tab_is_named(messages, text, line):
    assert f"line {line} is indented with a tab; use spaces" in messages(text)[0]


def test_file_holds_one_problem(friendly, messages):
    assert "a second document begins" in messages(f"{friendly}---\n{friendly}")[0]


def test_document_is_bounded(messages, tmp_path):
    assert "bytes" in messages("#" * LARGEST_DOCUMENT + "\n")[0]
    path = tmp_path / "large.yaml"
    path.write_bytes(b"#" * (LARGEST_DOCUMENT + 1))
    with pytest.raises(InvalidProblem) as caught:
        files.read_problem(path)
    assert "bytes" in caught.value.violations[0].message


@pytest.mark.parametrize("depth", [DEEPEST_NESTING + 1, 900, 200_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ("{a: ", "}"), ("- ", "")])
def test_nesting_is_bounded(refused, depth, opening, closing):
    assert refused(opening * depth + "1" + closing * depth) == [("", "VALUE_MALFORMED")]


def test_nesting_is_bounded_where_it_says(messages):
    assert "a list is no" in messages("[" * DEEPEST_NESTING + "]" * DEEPEST_NESTING)[0]
    deeper = DEEPEST_NESTING + 1
    assert "inside each other" in messages("[" * deeper + "]" * deeper)[0]


def test_file_in_another_encoding_is_refused(friendly, refused, tmp_path):
    path = tmp_path / "latin.yaml"
    path.write_bytes(friendly.replace("Shares 📈", "Équité").encode("latin-1"))
    with pytest.raises(InvalidProblem) as caught:
        files.read_problem(path)
    assert "UTF-8" in caught.value.violations[0].message


def test_faults_beyond_counting_end_with_saying_so():
    with pytest.raises(InvalidProblem) as caught:
        files.parse_problem("a: 1\n" * 20_000)
    assert len(caught.value.violations) == 10_001
    assert caught.value.violations[-1].reason is ErrorReason.TOO_MANY


KEYS = st.sampled_from(
    [
        "market",
        "drivers",
        "driver_id",
        "expected_return",
        "risk_model",
        "annual_covariance",
        "axis_ids",
        "lower_triangle",
        "portfolio",
        "lines",
        "line_id",
        "loadings",
        "overlay",
        "fundedBeta",
        "as_of_date",
        "year",
        "mandate",
        "limits",
        "upper",
        "position",
        "reference_exposures",
        "objective",
        "maximize_utility",
        "<<",
        "x",
        "[",
        "a b",
        "é",
    ]
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["2025-11-28", "equity", "EACH", "NaN", "*a", "&a 1", "!t 1", "0.1"]),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=30,
)


def flow(tree):
    """Junk as YAML, its texts as they are."""
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{key}: {flow(value)}" for key, value in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + ", ".join(map(flow, tree)) + "]"
    return str(tree)


@settings(max_examples=300, deadline=None)
@given(tree=TREES)
def test_junk_is_refused_and_nothing_worse(refused, tree):
    for text in (json.dumps(tree), flow(tree)):
        violations = refused(text)
        assert violations


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_refused_and_nothing_worse(refused, text):
    assert refused(text)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_problem_with_junk_in_it_is_refused_or_read(friendly, data):
    tree = json.loads(files.problem_json(files.parse_problem(friendly)))
    holder = tree
    while True:
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(holder[key], (dict, list)) or not holder[key] or data.draw(st.booleans()):
            break
        holder = holder[key]
    holder[key] = data.draw(TREES)
    try:
        problem = files.parse_problem(json.dumps(tree))
    except InvalidProblem:
        return
    assert problem.validate() == ()
