"""Executions and groups: what is asked for, and how rows of them look."""
