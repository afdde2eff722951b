"""Which functions a command is about, from its arguments and options."""

from collections.abc import Sequence
from dataclasses import dataclass

from lambda_replay_cli.attachments.functions import FunctionRef, Lookup, meant
from lambda_replay_cli.attachments.invoke_config import LATEST
from lambda_replay_cli.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """`everything` is decided by the command: the allow-list, or what is attached."""

    functions: Sequence[str] = ()
    tags: Sequence[str] = ()
    everything: bool = False
    qualifier: str | None = None

    def check(self) -> None:
        """Raises `UsageError`."""
        ways = bool(self.functions) + bool(self.tags) + self.everything
        if ways != 1:
            raise UsageError("name functions, or give --tag, or --all: one of the three")

    def named(self, lookup: Lookup) -> list[FunctionRef]:
        """Without doubles, in the order given. Raises `UsageError` for two different qualifiers."""
        if self.tags:
            found = lookup.tagged(self.tags)
        else:
            found = [meant(text, lookup.addresses) for text in self.functions]
        for each in found:
            if each.qualifier and self.qualifier and each.qualifier != self.qualifier:
                raise UsageError(
                    f"{each.name}:{each.qualifier} and --qualifier {self.qualifier}: give one of them"
                )
        return list(dict.fromkeys(self.with_qualifier(each) for each in found))

    def with_qualifier(self, each: FunctionRef) -> FunctionRef:
        return FunctionRef(each.name, each.qualifier or self.qualifier)


def qualifier_of(each: FunctionRef) -> str:
    return each.qualifier or LATEST
