"""Checks of groups (`domain.groups.recovery_check`) on the records table."""

from collections.abc import Iterator
from datetime import datetime

from pynamodb.exceptions import DoesNotExist, UpdateError

from lambda_replay.adapters.dynamodb.executions.items import KeyItem
from lambda_replay.adapters.dynamodb.groups.items import CHECK, CHECKS, CheckItem, group_key
from lambda_replay.adapters.dynamodb.shared.base_store import DynamoStore
from lambda_replay.adapters.dynamodb.shared.errors import condition_failed
from lambda_replay.adapters.dynamodb.shared.values import epoch, from_epoch, from_text, position, seen, text
from lambda_replay.domain.groups.group import KEPT
from lambda_replay.domain.groups.recovery_check import RecoveryCheck
from lambda_replay.ports.common import StaleVersionError


def ask(fingerprint: str, at: datetime) -> None:
    item = CheckItem(group_key(fingerprint), CHECK)
    # Adding to the version makes anyone who is at it lose, and begin again.
    item.update(
        actions=[
            CheckItem.due_shard.set(CHECKS),
            CheckItem.due_at.set(text(at)),
            CheckItem.expires_at.set(epoch(at + KEPT)),
            CheckItem.version.add(1),
            CheckItem.since.remove(),
            CheckItem.group_version.remove(),
            CheckItem.after.remove(),
            CheckItem.recovered.remove(),
        ]
    )


def checks(now: datetime, store: DynamoStore) -> Iterator[RecoveryCheck]:
    for key in KeyItem.due.query(CHECKS, KeyItem.due_at <= text(now)):
        try:
            item = CheckItem.get(key.id, CHECK, consistent_read=True)
        except DoesNotExist:
            continue
        check = store.read(item, _check)
        if check is not None and check.due_at is not None:
            yield check


def save(check: RecoveryCheck) -> None:
    item = CheckItem(
        group_key(check.fingerprint),
        CHECK,
        version=check.version + 1,
        expires_at=epoch(check.expires_at),
        due_shard=None if check.due_at is None else CHECKS,
        due_at=None if check.due_at is None else text(check.due_at),
        since=None if check.since is None else text(check.since),
        group_version=check.group_version or None,
        after=None if check.after is None else seen(check.after.at, check.after.id),
        recovered=check.recovered or None,
    )
    try:
        item.replace(CheckItem.version == check.version)
    except UpdateError as error:
        if not condition_failed(error):
            raise
        raise StaleVersionError(check.fingerprint) from None


def _check(item: CheckItem) -> RecoveryCheck:
    return RecoveryCheck(
        fingerprint=item.id.removeprefix(group_key("")),
        due_at=None if item.due_at is None else from_text(item.due_at),
        expires_at=from_epoch(item.expires_at),
        since=None if item.since is None else from_text(item.since),
        group_version=int(item.group_version or 0),
        after=None if item.after is None else position(item.after),
        recovered=int(item.recovered or 0),
        version=int(item.version),
    )
