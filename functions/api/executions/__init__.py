"""Routes about executions and their replays."""
