"""Attaching and detaching as a script does it, and what comes of it."""

from tests.cli.support.account import Account
from tests.cli.support.run import Outcome, run

OTHER = "arn:aws:sqs:eu-west-1:123456789012:other"


def attach(*arguments: str) -> Outcome:
    return run("attach", *arguments, "--yes")


def detach(*arguments: str) -> Outcome:
    return run("detach", *arguments, "--timeout", "0s", "--yes")


def failure(account: Account, name: str, qualifier: str | None = None) -> str | None:
    destinations = account.config(name, qualifier).get("DestinationConfig", {})
    return (destinations.get("OnFailure") or {}).get("Destination")
