"""One file for each call."""
