"""Averages the prices of an order. Orders can be empty by now; EMPTY_ORDERS=zero fixes that."""

import os
from typing import Any


def handler(event: dict[str, Any], _context: object) -> dict[str, float]:
    return {"average": average([item["price"] for item in event["items"]])}


def average(prices: list[float]) -> float:
    if not prices and os.environ.get("EMPTY_ORDERS") == "zero":
        return 0.0
    return sum(prices) / len(prices)
