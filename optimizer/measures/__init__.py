"""Value and slope of every limit, return term and risk at given positions; numpy only.

This room reads the request's own numbers and nothing that a solver or a compiler made, so that
certificate and reports built on it would notice an error in either.
"""
