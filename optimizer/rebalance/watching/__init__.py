"""What is watched between runs: figures of portfolios, and triggers on them."""
