"""Proof of an answer from the request's own numbers; knows no solver and no program."""

from optimizer.certificate.case import Case, open_case
from optimizer.certificate.judge import Claim, Judgement, judge
from optimizer.certificate.multipliers import Multiplier, Multipliers
from optimizer.certificate.soft import Held, Stage, held_after

__all__ = [
    "Case",
    "Claim",
    "Held",
    "Judgement",
    "Multiplier",
    "Multipliers",
    "Stage",
    "held_after",
    "judge",
    "open_case",
]
