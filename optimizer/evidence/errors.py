"""What stops a regression; the use case says it in the words of the contract."""

from __future__ import annotations


class SeriesCollinear(Exception):
    """The terms before this one make it up over the sample of a sleeve: their loadings are not told apart."""

    def __init__(self, sleeve_id: str, factor_id: str, lag: int) -> None:
        super().__init__(f"{factor_id} at lag {lag} in the regression of {sleeve_id}")
        self.sleeve_id = sleeve_id
        self.factor_id = factor_id
        self.lag = lag
