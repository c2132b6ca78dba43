"""Money, contracts and durations to and from the fractions of NAV that the contract speaks."""


def fraction_of_nav(amount: float, nav_amount: float) -> float:
    """Money as a fraction of NAV, both in base currency; raises ValueError unless NAV is above 0."""
    if not nav_amount > 0:
        raise ValueError(f"net asset value is above 0, got {nav_amount}")
    return amount / nav_amount


def notional_amount(contracts: float, point_value_amount: float, price: float) -> float:
    """Notional of futures in base currency: contracts times price times money per point.

    `point_value_amount` is base currency per price point and contract (multiplier times exchange
    rate), `price` is in points. Negative for contracts sold.
    """
    return contracts * point_value_amount * price


def contract_count(notional: float, point_value_amount: float, price: float) -> int:
    """Whole contracts nearest to a notional in base currency; halves go to the even count.

    Raises ValueError unless point value and price are above 0.
    """
    if not (point_value_amount > 0 and price > 0):
        raise ValueError(f"point value and price are above 0, got {point_value_amount} and {price}")
    return round(notional / (point_value_amount * price))


def ten_year_equivalent_weight(duration_years: float, reference_duration_years: float) -> float:
    """Ten-year notional of the same interest-rate risk, per unit of notional.

    Duration over the duration of the ten-year reference: the `leverage_weight` of a bond overlay where
    leverage is counted in ten-year equivalents. Raises ValueError unless both are above 0.
    """
    if not (duration_years > 0 and reference_duration_years > 0):
        raise ValueError(f"durations are above 0, got {duration_years} and {reference_duration_years}")
    return duration_years / reference_duration_years
