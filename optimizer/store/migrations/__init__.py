"""Migrations of the store, run by `optimizer.store.migrate`."""
