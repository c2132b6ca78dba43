"""Generated from the protos; see `make protos`."""
