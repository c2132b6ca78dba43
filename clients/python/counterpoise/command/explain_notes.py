"""What stands beside a conflict and its mending: ids to write, what a move costs, and whose a bound is."""

from __future__ import annotations

from collections.abc import Sequence

from counterpoise.model import ExplainInfeasibilityResponse, LimitKey, Relaxation
from counterpoise.validate.explanations import MOVABLE_RULES
from counterpoise.wording.names import Names


def id_beside_name(key: LimitKey, names: Names) -> str:
    """What files, --fix and --weight call a limit or a rule that may move, where its name is another."""
    if key.limit_id is not None:
        limit = names.stated(key)
        named = limit is not None and limit.display_name not in ("", key.limit_id)
        return key.limit_id if named else ""
    rule = key.structural_rule
    return rule.name if rule is not None and rule in MOVABLE_RULES else ""


def costs(response: ExplainInfeasibilityResponse) -> tuple[str, ...]:
    """What the mending costs, and in which units limits compare."""
    if response.relaxation_cost is None:
        return ()
    return (
        f"It costs {response.relaxation_cost:.4g}: the sum of all moves, each times its weight. 1x of "
        "leverage, 100 % of NAV, 100 % a year, 1.0 of beta, and 1 bp of NAV for a basis point of a driver "
        "count alike.",
    )


def shared_bounds(relaxations: Sequence[Relaxation], names: Names) -> tuple[str, ...]:
    """Which moved bounds are those of several scenarios or horizons."""
    shared = dict.fromkeys(
        names.limit(LimitKey(limit_id=item.key.limit_id))
        for item in relaxations
        if item.key.limit_id is not None
        and (item.key.scenario_id or item.key.horizon_trading_days is not None)
    )
    return tuple(
        f"{name} has one bound for all its scenarios and horizons: the one named here needs the most."
        for name in shared
    )
