"""Which stack this is, and as whom the user asks."""

import threading
from dataclasses import dataclass, field

from lambda_replay_cli.console.asking.backend import Backend, Missing, if_possible

COLOURS = ("red", "orange", "green", "blue", "purple", "grey")


@dataclass(frozen=True, slots=True)
class Label:
    """What the config file calls a stack, so that production looks like production."""

    name: str = ""
    colour: str = ""


@dataclass
class Who:
    """`label` is what the config file says of the stack."""

    backend: Backend
    label: Label = Label()
    stack: str = ""
    _role: str | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def known(self) -> dict[str, str]:
        """For the head of each page; without a connection, what is known without one."""
        shown = {"name": self.label.name, "colour": self.label.colour, "stack": self.stack}
        service = if_possible(lambda: self.backend.service)()
        if isinstance(service, Missing):
            return {**shown, "account": "", "region": "", "role": ""}
        return {
            **shown,
            "stack": service.stack,
            "account": service.account,
            "region": service.region,
            "role": self._asked_role(),
        }

    def _asked_role(self) -> str:
        """Asked once; empty where it can't be found out."""
        with self._lock:
            if self._role is None:
                found = if_possible(
                    lambda: str(self.backend.service.client("sts").get_caller_identity()["Arn"])
                )()
                self._role = "" if isinstance(found, Missing) else found.rpartition(":")[2]
            return self._role
