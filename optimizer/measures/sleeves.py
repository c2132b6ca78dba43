"""What sleeves are expected to earn and to charge once the evidence rule has been applied."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from counterpoise.model import EvidenceRule, FloatArray, Line, LineKind
from optimizer.measures.convex import read_only
from optimizer.measures.evidence import SleeveEvidence, weigh_evidence
from optimizer.measures.universe import Universe


@dataclass(frozen=True, eq=False)
class Sleeves:
    """The verdicts, and what they come to by line; 0 for lines that are no sleeves, shape (n,) each."""

    evidence: tuple[SleeveEvidence, ...]
    """In line order."""
    alpha: FloatArray
    """Annual alpha that counts, after fees."""
    fees: FloatArray
    """Annual fees on what counts, where alpha is declared gross of them."""


@lru_cache(maxsize=16)
def sleeves_of(universe: Universe, rule: EvidenceRule | None) -> Sleeves:
    """The sleeves of a universe under an evidence rule; equal rules are applied once."""
    lines = universe.portfolio.lines
    charging = universe.each(_charges, LineKind.ALPHA_SLEEVE) > 0.0
    volatilities = np.zeros(len(lines))
    volatilities[charging] = np.hypot(
        np.linalg.norm(universe.loadings[charging] @ universe.drivers.factor, axis=1),
        universe.residuals.size[charging],
    )
    evidence = weigh_evidence(universe.market, universe.portfolio, rule, universe.premium, volatilities)
    alpha, fees = np.zeros(len(lines)), np.zeros(len(lines))
    for sleeve in evidence:
        alpha[sleeve.line] = sleeve.annual_alpha
        fees[sleeve.line] = sleeve.fees.total
    return Sleeves(evidence, read_only(alpha), read_only(fees))


def _charges(line: Line) -> float:
    return float(line.alpha_sleeve is not None and line.alpha_sleeve.fees is not None)
