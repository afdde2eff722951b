"""The pages about executions."""
