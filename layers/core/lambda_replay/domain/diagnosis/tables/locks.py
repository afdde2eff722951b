"""Locks and runs in progress: what holds them ends or expires, so the same event has a fair chance later."""

from __future__ import annotations

from ..rules import Rule
from ._row import AS_IS, STATE, any_of, error, row

# A row reads better with its id, conclusion and confidence in one line.
# fmt: off
RULES: tuple[Rule, ...] = (
    row(
        "lock.type", STATE, AS_IS, 0.85,
        "another run holds a lock that expires",
        {
            "type": any_of(
                "*AlreadyInProgress*|*InProgressError|*InProgressException|*AlreadyLocked*|*LockedError|"
                "*LockedException|*LockError|*LockNotAcquired*|*LockAcquisition*|*LockNotGranted*|"
                "*LockHeld*|*CannotAcquireLock|*LockTaken*|*FailedToAcquireLock*|*LockException|"
                "IdempotencyInconsistentState*"
            ),
        },
        error(
            "IdempotencyAlreadyInProgressError",
            "Execution already in progress with idempotency key: idempotency-key=orders#4f34bd",
        ),
        unless={'message': ('deadlock', 'lock timeout', 'lock wait')},
    ),
    row(
        "lock.text", STATE, AS_IS, 0.7,
        "another run holds a lock that expires, or is still at work",
        {
            "message": any_of(
                "already in progress|already being processed|currently being processed|"
                "could not acquire lock|could not acquire the lock|unable to acquire lock|"
                "failed to acquire lock|cannot acquire lock|can't acquire lock|could not obtain lock|"
                "unable to obtain lock|lock is held|lock already held|is locked by|already locked|"
                "acquire lock on|another run is|another execution is|another process is|"
                "another instance is|already running"
            ),
        },
        error('Error', 'Could not acquire lock on order 5'),
        unless={'message': ('state lock info', 'event loop')},
    ),
)
