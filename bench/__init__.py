"""Measurements of the design's budgets: `make bench`."""
