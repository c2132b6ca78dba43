"""What the server tells those who run it: the only room that speaks to their tools."""
