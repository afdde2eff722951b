"""Every test runs without the developer's AWS account and without a network beyond this machine."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

settings.register_profile("default", deadline=None, max_examples=100)
settings.register_profile(
    "thorough", deadline=None, max_examples=10_000, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

REGION = "eu-west-1"

# Coverage is measured in the processes that run tests. What these start (the embedded AWS, the command line)
# would only become slower: the workers are measured already when they come here, so this takes nothing away.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.pop("COVERAGE_PROCESS_CONFIG", None)


@pytest.fixture(autouse=True)
def _no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Moto's AWS in this process."""
    from moto import mock_aws

    from lambda_replay.adapters.aws import clients
    from tests.support.partiql import complete_moto

    complete_moto(monkeypatch)
    # A session from before moto was loaded would reach out for the real AWS.
    clients._session.cache_clear()

    with mock_aws():
        yield


# Those that take longest first: a free worker takes the others.
_ORDER = (
    "e2e of jobs",
    "browser",
    "e2e of doors",
    "e2e",
    "contract",
    "integration",
    "cli",
    "console",
    "template",
    "project",
    "unit",
)
# End to end takes longest and mostly waits: in three parts it leaves no core without work.
_PARTS = {"jobs": ("jobs",), "doors": ("doors", "fuzz", "durable", "two_stacks", "channels")}
# Each of these starts a server of its own.
_ONE_WORKER = _ORDER[:5]


class _ByServer(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Tests that share a server stay together, all others are dealt out by file. xdist's own groups rest on a
    suffix to the test's name, which this pytest doesn't keep."""

    def _split_scope(self, nodeid: str) -> str:
        kind = _kind(nodeid)
        return kind if kind in _ONE_WORKER else nodeid.split("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _ByServer:
    return _ByServer(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _ORDER.index(_kind(item.nodeid)))


def _kind(nodeid: str) -> str:
    _, folder, file = nodeid.split("::")[0].split("/", 2)
    if folder == "e2e":
        return next(
            (f"e2e of {part}" for part, names in _PARTS.items() if any(n in file for n in names)), folder
        )
    return folder
