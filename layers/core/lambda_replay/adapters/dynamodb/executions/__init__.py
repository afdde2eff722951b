"""Executions, records and their counters on the table."""
