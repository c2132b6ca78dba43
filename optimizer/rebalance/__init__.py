"""Rebalancing: jobs, runs, proposals, and trades that another person approves before they leave."""
