<<<<<<< HEAD
"""Rebalancing: jobs, runs, proposals, and trades that another person approves before they leave."""
=======
"""From certified allocations to orders, and what is kept of them: jobs, runs, proposals."""
>>>>>>> w6-lots
