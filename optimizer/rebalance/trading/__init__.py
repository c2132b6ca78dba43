"""From certified positions to orders: whole contracts, an order of execution, rolls, notices, reasons."""
