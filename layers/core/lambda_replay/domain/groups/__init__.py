"""Failures that belong together: their state, their counts, their filter."""
