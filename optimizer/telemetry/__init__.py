"""What the server tells those who run it. The only room that knows how."""
