"""The API under requests that are made from its own document."""
