"""Routes about functions and their policies."""
