"""From certified allocations to orders, and what is kept of them: jobs, runs, proposals."""
