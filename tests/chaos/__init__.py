"""The proof by fault injection: `python -m tests.chaos` (see docs/reliability.md)."""
