"""Which stack this is, and as whom the user asks."""

import threading
from concurrent.futures import Future
from dataclasses import dataclass, field

from lambda_replay_cli.console.backend.service import Backend, Missing, if_possible

_PATIENCE = 0.2
COLOURS = ("red", "orange", "green", "blue", "purple", "grey")


@dataclass(frozen=True, slots=True)
class StackLabel:
    """What the config file calls a stack, so that production looks like production."""

    name: str = ""
    colour: str = ""


@dataclass
class Caller:
    """`label` is what the config file says of the stack."""

    backend: Backend
    label: StackLabel = StackLabel()
    stack: str = ""
    _asked: "Future[str] | None" = None
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
        """Asked once; empty where it can't be found out, and until it is known: no page waits long for it."""
        with self._lock:
            if self._asked is None:
                self._asked = Future()
                threading.Thread(target=self._ask, args=(self._asked,), daemon=True).start()
        try:
            return self._asked.result(timeout=_PATIENCE)
        except TimeoutError:
            return ""

    def _ask(self, answer: "Future[str]") -> None:
        found = if_possible(lambda: str(self.backend.service.client("sts").get_caller_identity()["Arn"]))()
        answer.set_result("" if isinstance(found, Missing) else found.rpartition(":")[2])
