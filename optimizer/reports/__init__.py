"""What an answer says of itself, from the request's own numbers and the certified positions."""
