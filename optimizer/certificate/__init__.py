"""Proof of an answer from the request's own numbers; knows no solver and no compiled program."""

from optimizer.certificate.judge import Case, Claim, Judgement, judge, open_case
from optimizer.certificate.multipliers import Multiplier, Multipliers

__all__ = ["Case", "Claim", "Judgement", "Multiplier", "Multipliers", "judge", "open_case"]
