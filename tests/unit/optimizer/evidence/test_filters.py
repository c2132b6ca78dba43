"""Moving averages of histories in pieces: as likely as any other, and no slower for it."""

import numpy as np
import pytest
from statsmodels.tsa.innovations.arma_innovations import arma_innovations, arma_loglike

from counterpoise.model import Frequency
from optimizer.evidence import filters
from optimizer.evidence.table import open_table
from tests.unit.optimizer.evidence.questions import ask


def in_pieces(count, length):
    """Returns that are smoothed by 0.6, 0.25 and 0.15, known for so many days and then not for one."""
    rng = np.random.default_rng(14)
    returns = np.convolve(rng.normal(0.0, 0.01, count * (length + 1) + 2), (0.6, 0.25, 0.15), mode="valid")
    returns[length :: length + 1] = np.nan
    market = rng.normal(0.0, 0.01, len(returns))
    table = open_table(ask({"fund": returns}, {"market": market}, frequency=Frequency.DAILY))
    return table, table.excess["fund"]


def test_the_work_grows_with_the_lengths_of_pieces_and_not_with_their_number(monkeypatch):
    calls = []

    def counted(*args, **terms):
        calls.append(args)
        return arma_innovations(*args, **terms)

    monkeypatch.setattr(filters, "arma_innovations", counted)
    weights = filters.moving_average_weights(*in_pieces(1_000, 9))
    assert weights == pytest.approx((0.6, 0.25, 0.15), abs=0.03)
    assert len(calls) < 200


def test_no_weights_near_those_found_are_likelier():
    table, returns = in_pieces(40, 12)
    weights = np.array(filters.moving_average_weights(table, returns))
    away = returns - np.nanmean(returns)
    pieces = [away[run] for run in table.runs(returns)]

    def likelihood(polynomial):
        squares = [arma_innovations(piece, ma_params=polynomial) for piece in pieces]
        variance = np.mean(np.concatenate([found**2 / error for found, error in squares]))
        return sum(arma_loglike(piece, ma_params=polynomial, sigma2=variance) for piece in pieces)

    best = weights[1:] / weights[0]
    for step in ([0.01, 0.0], [-0.01, 0.0], [0.0, 0.01], [0.0, -0.01]):
        assert likelihood(best + step) < likelihood(best)
