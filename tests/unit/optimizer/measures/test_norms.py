"""What duality asks of every norm: its length is the largest product over its dual ball."""

import numpy as np
import pytest

from optimizer.measures.book import open_book
from optimizer.measures.convex import SparseRows
from optimizer.measures.limits import constraints_of
from optimizer.measures.norms import Largest, Taxicab
from optimizer.measures.tail import MeanOfWorst
from tests.problems.stressed import stressed


def norms_of(seed):
    """Every norm in the constraints of a stressed problem."""
    book = open_book(stressed(seed, scenarios=3))
    norms = []
    for constraint in constraints_of(book):
        if constraint.rows.norm is not None:
            norms.append(constraint.rows.norm)
        if constraint.rows.pieces is not None:
            norms += [piece.norm for piece in constraint.rows.pieces.pieces]
    return book.variable_count, norms


def test_every_norm_that_is_not_one_by_definition_occurs():
    assert {type(norm) for seed in range(15) for norm in norms_of(seed)[1]} >= {Largest, MeanOfWorst, Taxicab}


@pytest.mark.parametrize("seed", range(15))
def test_no_dual_vector_exceeds_the_length_and_the_direction_reaches_it(seed):
    random = np.random.default_rng(seed)
    count, norms = norms_of(seed)
    for norm in norms:
        image = norm.image(random.normal(size=count))
        length = norm.length(image)
        assert norm.direction(image) @ image == pytest.approx(length, abs=1e-12)
        for _ in range(20):
            inside = norm.project(random.normal(size=len(image)), 1.0)
            assert inside @ image <= length + 1e-12


@pytest.mark.parametrize("seed", range(15))
def test_projection_keeps_what_is_inside_and_scales_with_the_ball(seed):
    random = np.random.default_rng(seed)
    count, norms = norms_of(seed)
    for norm in norms:
        image = norm.image(random.normal(size=count))
        direction = norm.direction(image)
        np.testing.assert_allclose(norm.project(direction, 1.0), direction, atol=1e-12)
        components = random.normal(size=len(image))
        twice = norm.project(2.0 * components, 2.0)
        np.testing.assert_allclose(twice, 2.0 * norm.project(components, 1.0), atol=1e-12)


@pytest.mark.parametrize("seed", range(15))
def test_the_adjoint_is_the_transpose_of_the_image_and_its_size_bounds_it(seed):
    random = np.random.default_rng(seed)
    count, norms = norms_of(seed)
    for norm in norms:
        v, w = random.normal(size=count), random.normal(size=len(norm.offset))
        assert w @ (norm.image(v) + norm.offset) == pytest.approx(norm.adjoint(w) @ v, abs=1e-10)
        assert np.all(np.abs(norm.adjoint(w)) <= norm.adjoint_size(w) + 1e-12)


def test_the_mean_of_the_worst_counts_the_last_one_in_part():
    losses = np.array([[-1.0], [-2.0], [-3.0], [-10.0]])
    # The worst 30 % of four outcomes are the worst one and a fifth of the next.
    norm = MeanOfWorst(losses, np.ones((1, 1)), 1.0 / (0.3 * 4), 1)
    assert norm.length(norm.image(np.ones(1))) == pytest.approx((10.0 + 0.2 * 3.0) / 1.2)


def test_the_largest_is_never_below_zero():
    rows = SparseRows(2, np.array([0, 1]), np.array([0, 0]), np.array([1.0, 2.0]))
    norm = Largest(rows, 1)
    assert norm.length(norm.image(np.array([-1.0]))) == 0.0
    assert norm.length(norm.image(np.array([1.0]))) == 2.0
