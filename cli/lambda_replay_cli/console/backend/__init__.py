"""What pages ask for: calls of the API side by side, and what becomes of errors."""
