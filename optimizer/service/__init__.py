"""The calls of the contract over gRPC: convert, call, convert."""
