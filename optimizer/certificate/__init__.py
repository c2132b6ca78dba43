"""Proof of an answer from the request's own numbers; knows no solver and no compiled program."""

from optimizer.certificate.case import Case, Held, Stage, open_case
from optimizer.certificate.judge import Claim, Judgement, judge
from optimizer.certificate.multipliers import Multiplier, Multipliers

__all__ = [
    "Case",
    "Claim",
    "Held",
    "Judgement",
    "Multiplier",
    "Multipliers",
    "Stage",
    "judge",
    "open_case",
]
