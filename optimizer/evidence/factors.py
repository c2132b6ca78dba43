"""Factor analysis of a correlation by maximum likelihood."""

from __future__ import annotations

import numpy as np
from scipy import optimize

from counterpoise.model import FloatArray

_LEAST_SPECIFIC = 0.005
"""Of a variance of one: likelihood often grows until a variable has nothing of its own."""
_RIDGE = 1e-3


def factor_loadings(correlation: FloatArray, factor_count: int) -> FloatArray:
    """Loadings L on uncorrelated factors of unit variance, shape (D, k), k < D.

    They maximise the normal likelihood of R = L L' + diag(psi), 0.005 <= psi <= 1, and are then scaled so
    that communality sum l^2 and psi sum to one for every variable. For given psi the best L comes from the k
    largest eigenvalues theta of psi^-1/2 R psi^-1/2, so that psi alone is searched (Jöreskog 1967, "Some
    contributions to maximum likelihood factor analysis"): the work does not grow with the history. The search
    starts once, at what the other variables leave of each: of several peaks it may find a lower one. A factor
    has the sign with which its loadings sum to zero or more.
    """
    inverse = np.linalg.inv(correlation + _RIDGE * np.eye(len(correlation)))
    start = (1.0 - 0.5 * factor_count / len(correlation)) / inverse.diagonal()
    found = optimize.minimize(
        _loss,
        np.clip(start, _LEAST_SPECIFIC, 1.0),
        args=(correlation, factor_count),
        jac=True,
        method="L-BFGS-B",
        bounds=[(_LEAST_SPECIFIC, 1.0)] * len(correlation),
        options={"ftol": 1e-13, "gtol": 1e-7, "maxiter": 5_000, "maxfun": 10_000},
    )
    specific = np.asarray(found.x)
    _, loadings = _best(specific, correlation, factor_count)
    loadings = loadings / np.sqrt((loadings**2).sum(axis=1) + specific)[:, None]
    return np.asarray(loadings * np.where(loadings.sum(axis=0) < 0.0, -1.0, 1.0))


def _loss(specific: FloatArray, correlation: FloatArray, factor_count: int) -> tuple[float, FloatArray]:
    """The loss log |S| + tr(R S^-1) of S = L L' + diag(psi) with the best L, and its slope in psi.

    The sum of log psi, of 1 + log theta where theta is used, and of theta where it is not; the slope is
    diag(S - R) / psi^2.
    """
    values, loadings = _best(specific, correlation, factor_count)
    used = np.zeros(len(values), dtype=bool)
    used[-factor_count:] = values[-factor_count:] > 1.0
    loss = np.log(specific).sum() + (1.0 + np.log(values[used])).sum() + values[~used].sum()
    slope = ((loadings**2).sum(axis=1) + specific - correlation.diagonal()) / specific**2
    return float(loss), slope


def _best(specific: FloatArray, correlation: FloatArray, factor_count: int) -> tuple[FloatArray, FloatArray]:
    """Eigenvalues theta, ascending, and L = psi^1/2 V (theta - 1)^1/2 of the k largest, the largest first."""
    root = np.sqrt(specific)
    values, vectors = np.linalg.eigh(correlation / np.outer(root, root))
    values = np.clip(values, 0.0, None)
    sizes = np.sqrt(np.clip(values[-factor_count:] - 1.0, 0.0, None))
    return values, root[:, None] * (vectors[:, -factor_count:] * sizes)[:, ::-1]
