"""The queue of accepted events: runs them, waits between tries, and reports how each one ended."""

import heapq
import itertools
import logging
import queue
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from local.async_invoke import record
from local.async_invoke.attempts import Attempts
from local.async_invoke.destinations import Credentials, Destinations
from local.async_invoke.model import Dropped, End, Event, Outcome, Settings, Wait

logger = logging.getLogger("local.async_invoke")


class Platform(Protocol):
    """What the engine needs from anyone who holds and executes functions."""

    def settings(self, event: Event) -> Settings | None:
        """The current settings, or None when the function is gone."""

    def execute(self, event: Event) -> Outcome: ...

    def credentials(self, settings: Settings) -> Credentials: ...


class Timer:
    """Calls back after a delay; one thread for all."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        threading.Thread(target=self._run, name="async-timer", daemon=True).start()

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        with self._changed:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), call))
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._due or self._due[0][0] > time.monotonic():
                    self._changed.wait(self._due[0][0] - time.monotonic() if self._due else None)
                call = heapq.heappop(self._due)[2]
            call()


class Lane:
    """The event queue of one function, with a bounded number of executions at once.

    Lambda would scale to hundreds; each execution environment here is a process of this machine.
    """

    def __init__(self, width: int, run: Callable[[Attempts], None]) -> None:
        self._waiting: queue.SimpleQueue[Attempts] = queue.SimpleQueue()
        self._run = run
        self._width = width
        self._threads = 0
        self._idle = 0
        self._lock = threading.Lock()

    def put(self, attempts: Attempts) -> None:
        self._waiting.put(attempts)
        with self._lock:
            if self._waiting.qsize() <= self._idle or self._threads == self._width:
                return
            self._threads += 1
        threading.Thread(target=self._work, name="async-lane", daemon=True).start()

    def _work(self) -> None:
        while True:
            with self._lock:
                self._idle += 1
            attempts = self._waiting.get()
            with self._lock:
                self._idle -= 1
            try:
                attempts.event.context.run(self._run, attempts)
            except Exception:
                # The lane must outlive a defect in one event; the trace names it.
                logger.exception("asynchronous event lost: requestId=%s", attempts.event.request_id)


class Engine:
    """Accepts events and sees each one to its end. `speed` divides the waits, not the executions."""

    def __init__(self, platform: Platform, destinations: Destinations, *, speed: float, width: int) -> None:
        self._platform = platform
        self._destinations = destinations
        self._speed = speed
        self._width = width
        self._timer = Timer()
        self._lanes: dict[str, Lane] = {}
        self._lock = threading.Lock()
        self._last_settings: dict[str, Settings] = {}

    def submit(self, event: Event) -> None:
        self._settings(event)
        self._lane(event.function_arn).put(Attempts(event))

    def _settings(self, event: Event) -> Settings:
        """The current settings; for a function deleted while its events wait, the last ones."""
        current = self._platform.settings(event)
        if current is None:
            return self._last_settings.get(event.qualified_arn, Settings())
        self._last_settings[event.qualified_arn] = current
        return current

    def _lane(self, function_arn: str) -> Lane:
        with self._lock:
            if function_arn not in self._lanes:
                self._lanes[function_arn] = Lane(self._width, self._run)
            return self._lanes[function_arn]

    def _run(self, attempts: Attempts) -> None:
        event = attempts.event
        settings = self._settings(event)
        decision = attempts.after(self._platform.execute(event), settings)
        match decision:
            case Wait(seconds):
                lane = self._lane(event.function_arn)
                self._timer.after(seconds / self._speed, lambda: lane.put(attempts))
            case End():
                self._report(event, decision, settings)
            case Dropped(reason):
                logger.warning("asynchronous event dropped: requestId=%s reason=%s", event.request_id, reason)

    def _report(self, event: Event, end: End, settings: Settings) -> None:
        success = end.condition == "Success"
        destination = settings.on_success if success else settings.on_failure
        if destination:
            now = datetime.now(UTC)
            text = record.build(event, end, now)
            credentials = self._platform.credentials(settings)
            self._destinations.deliver(destination, event, text, now, credentials, success=success)
        if settings.dead_letter and end.dead_letter:
            credentials = self._platform.credentials(settings)
            self._destinations.bury(settings.dead_letter, event, end.dead_letter, credentials)
