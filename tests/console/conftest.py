"""The console in this process, before a canned API."""

from collections.abc import Iterator

import pytest

from tests.cli.support.api_server import Api, served
from tests.cli.support.job_objects import JOB, job, plan, standing
from tests.cli.support.objects import FINGERPRINT, ID, detail, execution, group, group_detail
from tests.console.browsing import Browser, browsing, service_of


@pytest.fixture
def api() -> Iterator[Api]:
    with served() as api:
        api.says("GET", "/groups", {"groups": [group()], "cursor": None})
        api.says("GET", f"/groups/{FINGERPRINT}", group_detail())
        api.says("GET", "/executions", {"executions": [execution()], "cursor": None})
        api.says("GET", f"/executions/{ID}", detail())
        api.says("GET", f"/executions/{ID}/payload", b'{"amount": 1.10, "note": "a", "note": "b"}')
        api.says("GET", "/jobs", {"jobs": [job()], "cursor": None})
        api.says("GET", f"/jobs/{JOB}", job())
        api.says("POST", "/jobs/plan", plan())
        api.says("POST", "/jobs", job(), 202)
        api.says("GET", "/functions", {"functions": [standing()], "cursor": None})
        api.says("GET", "/functions/orders/policy", standing())
        version = {**standing()["policy"], "removed": False, "reason": "the partner is slow"}
        api.says("GET", "/functions/orders/policy/history", {"versions": [version]})
        api.says("GET", "/stats", _STATS)
        api.says("GET", "/rules", {"version": 0, "rules": [], "at": None, "by": None, "reason": None})
        yield api


@pytest.fixture
def browser(api: Api) -> Iterator[Browser]:
    with browsing(service_of(api)) as browser:
        yield browser


_STATS = {
    "from": "2026-01-30T10:00:00Z", "to": "2026-01-31T10:00:00Z", "interval": "hour", "total": 12,
    "groups": 1,
    "buckets": [{"at": "2026-01-31T09:00:00Z", "failures": 12, "by_category": {}, "by_function": {}}],
    "by_category": {}, "by_function": {}, "complete": True,
}  # fmt: skip
