"""Which tier stands as margin where: no more than is asked for, and cash last.

The split of collateral among tiers changes no return, so an engine leaves it anywhere. What is kept
free should be what can pay variation margin the same day.
"""

from __future__ import annotations

import numpy as np

from counterpoise.model import CounterpartyExposure, FloatArray
from optimizer.program.limits.margin import margins_at
from optimizer.program.lines import Lines, Posting


def settle_postings(lines: Lines, variables: FloatArray) -> None:
    """Rearranges the postings behind the positions, in place; every rule that held still holds."""
    _release_surplus(lines, variables)
    if _free_to_swap(lines):
        by_pool: dict[int, list[tuple[int, Posting]]] = {}
        unposted = variables[: lines.count].copy()
        for index, posting in enumerate(lines.postings):
            by_pool.setdefault(posting.pool, []).append((lines.count + index, posting))
            unposted[posting.tier] -= variables[lines.count + index]
        for own in by_pool.values():
            _post_cash_last(lines, variables, own, unposted)


def _release_surplus(lines: Lines, variables: FloatArray) -> None:
    """Scales each pool's postings down to its margin: any surplus is free reserve."""
    margin = margins_at(lines, variables[: lines.count])
    value = np.zeros(len(margin))
    for index, posting in enumerate(lines.postings):
        value[posting.pool] += _value(posting) * variables[lines.count + index]
    for index, posting in enumerate(lines.postings):
        if value[posting.pool] > margin[posting.pool]:
            variables[lines.count + index] *= margin[posting.pool] / value[posting.pool]


def _free_to_swap(lines: Lines) -> bool:
    """Whether no rule minds which tier is posted: shares do, and rules that count what is posted."""
    limits = lines.inputs.problem.mandate.limits
    if any(
        limit.counterparty is not None and limit.counterparty.exposure is CounterpartyExposure.POSTED_MARGIN
        for limit in limits
    ):
        return False
    shares = (posting.terms.maximum_margin_share for posting in lines.postings)
    rules = (limit.reserve for limit in limits if limit.reserve is not None)
    return all(share is None or share >= 1.0 for share in shares) and all(
        rule.posted_margin_counts for rule in rules
    )


def _post_cash_last(
    lines: Lines, variables: FloatArray, own: list[tuple[int, Posting]], unposted: FloatArray
) -> None:
    """Replaces what can pay variation margin by tiers that cannot, as far as those are unposted."""
    cash = [(at, posting) for at, posting in own if _pays_the_same_day(lines, posting)]
    others = [(at, posting) for at, posting in own if not _pays_the_same_day(lines, posting)]
    for at, posting in cash:
        for other_at, other in others:
            wanted = variables[at] * _value(posting) / _value(other)
            replaced = min(max(float(unposted[other.tier]), 0.0), wanted)
            variables[other_at] += replaced
            unposted[other.tier] -= replaced
            variables[at] -= replaced * _value(other) / _value(posting)
            unposted[posting.tier] += replaced * _value(other) / _value(posting)


def _pays_the_same_day(lines: Lines, posting: Posting) -> bool:
    tier = lines.portfolio.lines[posting.tier].reserve_tier
    return tier is not None and tier.variation_margin_eligible


def _value(posting: Posting) -> float:
    return 1.0 - posting.terms.haircut
