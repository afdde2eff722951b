"""Lists of executions and jobs: their filters, and their columns."""
