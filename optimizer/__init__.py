"""The server: certified allocation of portable-alpha portfolios behind gRPC."""
