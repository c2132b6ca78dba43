"""Return histories from data frames, CSV and Parquet; the extra `counterpoise[parquet]` brings pyarrow.

    from counterpoise import Frequency, ReturnBasis, histories

    history = histories.read_csv(
        "returns.csv",
        frequency=Frequency.MONTHLY,
        bases={"macro": ReturnBasis.TOTAL, "equity": ReturnBasis.EXCESS, "cash": ReturnBasis.TOTAL},
    )

What is read is not judged and not repaired: dates stay in their order and as often as they come, returns in
percent stay in percent, and validation names what is wrong. `bases` declares every column that is taken.
"""

from counterpoise.histories.errors import UnreadableHistory
from counterpoise.histories.frame import from_frame
from counterpoise.histories.sources import read_csv, read_parquet

__all__ = ["UnreadableHistory", "from_frame", "read_csv", "read_parquet"]
