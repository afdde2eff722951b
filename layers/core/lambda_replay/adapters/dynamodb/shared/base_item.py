"""What all models have in common: other versions of the service read and write the same items.

A newer version may have been here, and may come back: after a rollback, or while a deployment is under way.
What it added to an item, or to a map inside one, stays when this version writes the item; and an item that
can't be read at all is marked, so that those beside it can be.
"""

from collections.abc import Collection, Mapping
from typing import Any, Self

from pynamodb.attributes import MapAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.models import Model


class TableMeta:
    """Settings of every model; `connection.bind` fills in table and region."""

    table_name = "unbound"
    region = "unbound"
    connect_timeout_seconds = 2
    read_timeout_seconds = 5
    max_retry_attempts = 4


class StoredMap(MapAttribute[str, Any]):
    """A map that keeps what it has no attribute for."""

    unknown: Mapping[str, Any] = {}

    @classmethod
    def _instantiate(cls, attribute_values: dict[str, dict[str, Any]]) -> Self:
        item = super()._instantiate(attribute_values)
        names = {attribute.attr_name for attribute in cls.get_attributes().values()}
        if not names.issuperset(attribute_values):
            item.unknown = {name: value for name, value in attribute_values.items() if name not in names}
        return item

    def serialize(self, values: Any, *, null_check: bool = True) -> Any:
        known = super().serialize(values, null_check=null_check)
        return {**values.unknown, **known} if values.unknown else known


def keeping[M: StoredMap](item: M, unknown: Mapping[str, Any]) -> M:
    """The map with what was unknown about it when it was read."""
    if unknown:
        item.unknown = unknown
    return item


class StoredItem(Model):
    """Has `id` and `part`. `fault` is why the item could not be read; it has nothing but its key then."""

    class Meta(TableMeta): ...

    id: Any
    part: Any
    version: Any
    fault: Exception | None = None
    fixed: Collection[str] = ()
    """What never changes after the item was made: an update does not write it."""

    @classmethod
    def from_raw_data(cls, data: dict[str, Any]) -> Self:
        try:
            return super().from_raw_data(data)
        except Exception as fault:  # whatever is wrong with this item, those read with it can be read
            item = cls(_user_instantiated=False)
            item.id, item.part = data["id"]["S"], data["part"]["S"]
            item.fault = fault
            return item

    def changes(self, among: Collection[type[Model]] = ()) -> list[Action]:
        """Gives the stored item all that this one has, and takes from it what this one has not; what this
        version does not know stays. `among` are the models of whose kind it may have been."""
        others = {name: a for model in among for name, a in model.get_attributes().items()}
        return [
            attribute.remove() if (value := getattr(self, name, None)) is None else attribute.set(value)
            for name, attribute in (others | self.get_attributes()).items()
            if name not in ("id", "part", self._version_attribute_name, *self.fixed)
        ]

    def replace(self, condition: Condition | None = None, *, among: Collection[type[Model]] = ()) -> None:
        """Write `changes`, if the stored item is of this version, where there are versions. Raises
        `UpdateError`."""
        actions = self.changes(among)
        # None for a model without versions.
        is_this_version = self._handle_version_attribute(actions=actions)
        if is_this_version is not None:
            condition &= is_this_version
        # Not by the model's own `update`, which has the whole item sent back.
        self._get_connection().update_item(self.id, range_key=self.part, actions=actions, condition=condition)

    def write(self) -> None:
        """Put it where it is new, else `replace`. Raises `PutError` and `UpdateError`."""
        if self.version is None:
            self.save()
        else:
            self.replace()
