"""`RecordStore` on the records table and the payload bucket."""

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from pynamodb.exceptions import DoesNotExist, PutError, UpdateError
from pynamodb.expressions.update import Action

from lambda_replay.adapters.aws.payload_bucket import ObjectStore
from lambda_replay.adapters.dynamodb.executions.items import RECORD, RecordItem
from lambda_replay.adapters.dynamodb.shared.errors import condition_failed
from lambda_replay.adapters.dynamodb.shared.values import epoch, from_epoch, text
from lambda_replay.domain.executions.identity import EventIdentity
from lambda_replay.domain.executions.stored_record import RecordSummary, StoredRecord
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.intake.channel import SourceObject

# A table write costs one unit per KB, an object a flat price of about eight: beyond this the bucket is
# cheaper by far, and two payloads of this size stay well below the 400 KB that an item may have.
LARGEST_INLINE = 32 * 1024


@dataclass(frozen=True, slots=True)
class DynamoRecordStore:
    """Call `connection.bind` first."""

    objects: ObjectStore

    def put(self, record: StoredRecord) -> RecordSummary:
        item = RecordItem(
            id=record.request_id,
            part=RECORD,
            expires_at=epoch(record.expires_at),
            arn=str(record.function),
            condition=record.condition,
            status_code=record.status_code,
            function_error=record.function_error,
            count_batch=record.count_batch,
            source_object=None if record.source is None else record.source.key,
            source_version=None if record.source is None else record.source.version,
        )
        item.payload, item.payload_object = self._keep("payload", record.request_id, record.payload)
        item.response, item.response_object = self._keep("response", record.request_id, record.response)
        try:
            item.save(RecordItem.id.does_not_exist())
        except PutError as error:
            # The first one stays: who can send to the queue must not exchange a payload afterwards.
            if not condition_failed(error):
                raise
            found = _summary(record.request_id)
            return RecordSummary(None, record.identity) if found is None else found
        return RecordSummary(record.count_batch, record.identity)

    def add_payload(self, record: StoredRecord) -> bool:
        payload, key = self._keep("payload", record.request_id, record.payload)
        action: Action = (
            RecordItem.payload.set(payload or b"") if key is None else RecordItem.payload_object.set(key)
        )
        has_none = RecordItem.payload.does_not_exist() & RecordItem.payload_object.does_not_exist()
        has_none &= RecordItem.forgotten.does_not_exist()
        try:
            RecordItem(record.request_id, RECORD).update([action], RecordItem.id.exists() & has_none)
        except UpdateError as error:
            if not condition_failed(error):
                raise
            item = _item(record.request_id)
            # An object's name ends with its content's hash, so it need not be read.
            return item is not None and (item.payload, item.payload_object) == (payload, key)
        return True

    def forget(self, request_id: str, at: datetime) -> SourceObject | None:
        item = _item(request_id)
        if item is None:
            return None
        # Objects first, all under the id: a record that was refused may have left one, and what breaks off
        # here is found again.
        for what in ("payload", "response"):
            self.objects.delete_all(f"{what}s/{request_id}/")
        gone = (
            RecordItem.payload, RecordItem.payload_object, RecordItem.response, RecordItem.response_object,
        )  # fmt: skip
        actions: list[Action] = [
            *(attribute.remove() for attribute in gone),
            RecordItem.forgotten.set(text(at)),
        ]
        try:
            RecordItem(request_id, RECORD).update(actions, RecordItem.id.exists())
        except UpdateError as error:
            if not condition_failed(error):  # it has expired since it was read
                raise
        return _source(item)

    def count_batch_of(self, request_id: str) -> str | None:
        try:
            item = RecordItem.get(request_id, RECORD, consistent_read=True, attributes_to_get=["count_batch"])
        except DoesNotExist:
            return None
        return item.count_batch

    def get(self, request_id: str) -> StoredRecord | None:
        item = _item(request_id)
        if item is None:
            return None
        return StoredRecord(
            request_id=item.id,
            function=FunctionArn.parse(item.arn),
            condition=item.condition,
            status_code=None if item.status_code is None else int(item.status_code),
            function_error=item.function_error,
            payload=self._fetch(item.payload, item.payload_object),
            response=self._fetch(item.response, item.response_object),
            expires_at=from_epoch(item.expires_at),
            count_batch=item.count_batch,
            source=_source(item),
        )

    def payload(self, request_id: str) -> bytes | None:
        # Not by way of `get`: who replays may not read responses.
        item = _item(request_id)
        return None if item is None else self._fetch(item.payload, item.payload_object)

    def small_payload(self, request_id: str) -> bytes | None:
        item = _item(request_id)
        return None if item is None else item.payload

    def payloads(self, request_ids: Collection[str]) -> dict[str, Callable[[], bytes | None]]:
        keys = [(request_id, RECORD) for request_id in request_ids]
        wanted = ["id", "part", "payload", "payload_object"]
        items = RecordItem.batch_get(keys, consistent_read=True, attributes_to_get=wanted) if keys else ()
        return {item.id: partial(self._fetch, item.payload, item.payload_object) for item in items}

    def _keep(self, what: str, request_id: str, content: bytes | None) -> tuple[bytes | None, str | None]:
        if content is None or len(content) <= LARGEST_INLINE:
            return content, None
        key = f"{what}s/{request_id}/{hashlib.sha256(content).hexdigest()}"
        # Before the item that names it, so that no item names an object that isn't there.
        self.objects.put(key, content)
        return None, key

    def _fetch(self, content: bytes | None, key: str | None) -> bytes | None:
        return content if key is None else self.objects.get(key)


def _summary(request_id: str) -> RecordSummary | None:
    wanted = ["count_batch", "arn", "payload", "payload_object"]
    try:
        item = RecordItem.get(request_id, RECORD, consistent_read=True, attributes_to_get=wanted)
    except DoesNotExist:
        return None
    function = FunctionArn.parse(item.arn).unqualified
    if item.payload_object is not None:
        # An object's name ends with its content's hash.
        sha256: str | None = item.payload_object.rpartition("/")[2]
    else:
        sha256 = None if item.payload is None else hashlib.sha256(item.payload).hexdigest()
    return RecordSummary(item.count_batch, EventIdentity(function=function, payload=sha256))


def _source(item: RecordItem) -> SourceObject | None:
    return None if item.source_object is None else SourceObject(item.source_object, item.source_version)


def _item(request_id: str) -> RecordItem | None:
    try:
        return RecordItem.get(request_id, RECORD, consistent_read=True)
    except DoesNotExist:
        return None
