"""Counterpoise: certified allocation of notional beta, alpha sleeves and liquidity reserve."""
