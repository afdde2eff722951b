"""Fails at random, as a service behind an unreliable network does."""

import os
import random


def handler(_event: object, _context: object) -> dict[str, str]:
    rate = float(os.environ["FAILURE_RATE"])
    if random.random() < rate:  # noqa: S311 (no secret depends on it)
        raise TimeoutError("connection to orders.example.com:443 timed out after 2 seconds")
    return {"result": "reached orders.example.com"}
