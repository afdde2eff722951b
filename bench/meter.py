"""Counts DynamoDB's read and write units of this process by the published rules.

Moto answers calls but does not price them. Sizes: attribute names and values in UTF-8, numbers about one byte
per two digits and one more, 3 bytes for a map or list and 1 for each member ("DynamoDB item sizes and
formats"). Writes cost 1 unit per started KB of the larger of old and new item, and each index entry that
appears, changes its key or disappears costs its own ("Read and write operations", "Using global secondary
indexes"). In a transaction the items cost twice as much, their index entries do not ("Transactions: capacity
management"). Strongly consistent reads cost 1 unit per started 4 KB, others half of it.
"""

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from botocore.client import BaseClient
from botocore.exceptions import ClientError

Item = dict[str, Any]
_INDEXES = {
    "by_month": ("month", "seen"),
    "by_function": ("function", "seen"),
    "by_group": ("group", "seen"),
    "due": ("due_shard", "due_at"),
    "by_activity": ("listed", "active"),
}
# The two statements of `adapters.dynamodb.executions.bulk_writes`.
_CHANGE = re.compile(r'(SET|REMOVE) "(\w+)"')
# PynamoDB's update expressions.
_CLAUSE = re.compile(r"(SET|REMOVE|ADD) ([^A-Z]+)")
_OPERANDS = re.compile(r"(#\d+)(?:(?: =)? (:\d+))?")
_NAME = re.compile(r"'(\w+)': \?")


def size_of(item: Item) -> int:
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def _size(value: Item) -> int:
    [(kind, content)] = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "B":
            return len(content)
        case "N":
            return math.ceil(len(content.strip("-").replace(".", "")) / 2) + 1
        case "M":
            return 3 + sum(len(name.encode()) + _size(inner) + 1 for name, inner in content.items())
        case "L":
            return 3 + sum(_size(inner) + 1 for inner in content)
        case _:
            return 1


@dataclass
class Meter:
    """`items` is what is stored, by key, as far as it was written while metering."""

    writes: float = 0
    reads: float = 0
    calls: int = 0
    items: dict[tuple[str, str], Item] = field(default_factory=dict)

    def reset(self) -> None:
        self.writes = self.reads = self.calls = 0

    def count(self, operation: str, params: Item, answer: Item | None) -> None:
        self.calls += 1
        match operation:
            case "PutItem":
                self._put(params["Item"], stored=answer is not None)
            case "GetItem":
                size = size_of((answer or {}).get("Item", {}))
                self.reads += _read_units(size, consistent=params.get("ConsistentRead", False))
            case "BatchGetItem":
                [request] = params["RequestItems"].values()
                for items in (answer or {}).get("Responses", {}).values():
                    for item in items:
                        self.reads += _read_units(
                            size_of(item), consistent=request.get("ConsistentRead", False)
                        )
            case "TransactWriteItems":
                for action in params["TransactItems"]:
                    [(kind, request)] = action.items()
                    assert kind in ("Put", "Update"), kind
                    item = request["Item"] if kind == "Put" else self._updated(request)
                    self._put(item, stored=answer is not None, times=2)
            case "UpdateItem":
                self._put(self._updated(params), stored=answer is not None)
            case "BatchExecuteStatement":
                responses = (answer or {}).get("Responses", [{"Error": {}}] * len(params["Statements"]))
                for request, response in zip(params["Statements"], responses, strict=True):
                    item = self._stated(request["Statement"], request["Parameters"])
                    self._put(item, stored="Error" not in response)
            case "Query":
                size = sum(size_of(item) for item in (answer or {}).get("Items", []))
                self.reads += _read_units(size, consistent=False)
            case _:
                raise AssertionError(f"not priced: {operation}")

    def _updated(self, request: Item) -> Item:
        """The item as the update expression wants it."""
        names, values = request["ExpressionAttributeNames"], request.get("ExpressionAttributeValues", {})
        id_, part = request["Key"]["id"], request["Key"]["part"]
        item = self.items.get((id_["S"], part["S"]), {}) | {"id": id_, "part": part}
        for verb, changes in _CLAUSE.findall(request["UpdateExpression"]):
            for name, value in _OPERANDS.findall(changes):
                if verb == "REMOVE":
                    item.pop(names[name], None)
                elif verb == "SET":
                    item[names[name]] = values[value]
                else:
                    before = int(item.get(names[name], {"N": "0"})["N"])
                    item[names[name]] = {"N": str(before + int(values[value]["N"]))}
        return item

    def _stated(self, text: str, values: list[Any]) -> Item:
        """The item as the statement wants it."""
        if text.startswith("INSERT"):
            return dict(zip(_NAME.findall(text), values, strict=True))
        *new, id_, part, _version = values
        changes = _CHANGE.findall(text)
        item = self.items.get((id_["S"], part["S"]), {}) | {"id": id_, "part": part}
        item |= dict(zip([name for verb, name in changes if verb == "SET"], new, strict=True))
        removed = {name for verb, name in changes if verb == "REMOVE"}
        return {name: value for name, value in item.items() if name not in removed}

    def _put(self, item: Item, *, stored: bool, times: int = 1) -> None:
        key = (item["id"]["S"], item["part"]["S"])
        old = self.items.get(key, {})
        if not stored:  # a failed condition costs as much as the item that it looked at
            self.writes += times * _write_units(size_of(old))
            return
        self.writes += times * max(_write_units(size_of(old)), _write_units(size_of(item)))
        for names in _INDEXES.values():
            before, after = _entry(old, names), _entry(item, names)
            if before != after:
                self.writes += (before is not None) + (after is not None)
        self.items[key] = item


def _entry(item: Item, names: tuple[str, str]) -> tuple[Any, ...] | None:
    """An index entry's key; None when the item is not in the index. With keys only, it is below 1 KB."""
    return tuple(item[name]["S"] for name in names) if all(name in item for name in names) else None


def _write_units(size: int) -> int:
    return max(1, math.ceil(size / 1024))


def _read_units(size: int, *, consistent: bool) -> float:
    return max(1, math.ceil(size / 4096)) * (1 if consistent else 0.5)


@contextmanager
def metering() -> Iterator[Meter]:
    meter = Meter()
    original: Any = BaseClient._make_api_call  # type: ignore[attr-defined]  # botocore's one door

    def call(self: BaseClient, operation: str, params: Item) -> Item:
        if self.meta.service_model.service_name != "dynamodb" or operation == "CreateTable":
            unpriced: Item = original(self, operation, params)
            return unpriced
        try:
            answer: Item = original(self, operation, params)
        except ClientError:
            meter.count(operation, params, None)
            raise
        meter.count(operation, params, answer)
        return answer

    with mock.patch.object(BaseClient, "_make_api_call", call):
        yield meter
