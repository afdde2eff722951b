"""The two PartiQL statements that the service sends, for moto, whose own parser knows no REMOVE, no second
SET and no condition that fails. ministack carries out the real ones, end to end."""

import re
from typing import Any

import pytest
from moto.dynamodb.exceptions import ConditionalCheckFailed
from moto.dynamodb.models import DynamoDBBackend

_UPDATE = re.compile(
    r'UPDATE "(?P<table>[^"]+)"(?P<changes>(?: (?:SET "\w+"=\?|REMOVE "\w+"))+) WHERE (?P<where>.+)'
)
_CHANGE = re.compile(r'(SET|REMOVE) "(\w+)"')
_INSERT = re.compile(r'INSERT INTO "(?P<table>[^"]+)" VALUE \{(?P<names>.+)\}')


def complete_moto(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DynamoDBBackend, "batch_execute_statement", _batch)


def _batch(backend: Any, statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    assert 1 <= len(statements) <= 25, "BatchExecuteStatement takes 1 to 25"
    return [_one(backend, statement["Statement"], statement["Parameters"]) for statement in statements]


def _one(backend: Any, text: str, values: list[dict[str, Any]]) -> dict[str, Any]:
    if insert := _INSERT.fullmatch(text):
        names = re.findall(r"'(\w+)': \?", insert["names"])
        item = dict(zip(names, values, strict=True))
        try:
            backend.put_item(insert["table"], item, condition_expression="attribute_not_exists(id)")
        except ConditionalCheckFailed:
            return {"Error": {"Code": "DuplicateItem", "Message": "Duplicate primary key exists in table"}}
        return {"TableName": insert["table"]}
    update = _UPDATE.fullmatch(text)
    assert update is not None, text
    assert update["where"] == '"id"=? AND "part"=? AND "version"=?', text
    return _update(backend, update, values)


def _update(backend: Any, update: re.Match[str], values: list[dict[str, Any]]) -> dict[str, Any]:
    changes = _CHANGE.findall(update["changes"])
    assert len(changes) == len({name for _, name in changes}), "one path twice"
    given = iter(values)
    names = {f"#n{number}": name for number, (_, name) in enumerate(changes)} | {"#version": "version"}
    sets = [f"#n{number} = :v{number}" for number, (verb, _) in enumerate(changes) if verb == "SET"]
    bound = {f":v{number}": next(given) for number, (verb, _) in enumerate(changes) if verb == "SET"}
    removes = [f"#n{number}" for number, (verb, _) in enumerate(changes) if verb == "REMOVE"]
    key = {"id": next(given), "part": next(given)}
    bound[":old"] = next(given)
    expression = f"SET {', '.join(sets)}" + (f" REMOVE {', '.join(removes)}" if removes else "")
    try:
        backend.update_item(
            update["table"], key, expression, names, bound, condition_expression="#version = :old"
        )
    except ConditionalCheckFailed:
        return {"Error": {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}}
    return {"TableName": update["table"]}
