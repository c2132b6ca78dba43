"""From an allocation to approved trades: what to trade, in which order, and who decides."""
