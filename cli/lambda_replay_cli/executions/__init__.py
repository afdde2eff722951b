"""What commands do with executions: replay, wait, decide."""
