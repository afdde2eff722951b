"""Automatic replay: the policies of functions, what they send, and the circuit breaker that stops it."""
