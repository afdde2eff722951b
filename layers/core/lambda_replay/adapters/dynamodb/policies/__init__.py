"""Policies, circuit breakers and seen functions on the table."""
