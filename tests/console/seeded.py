"""An incident in the middle of its day, for pages to look at."""

import json
from datetime import timedelta

from tests.console.live import Live, corpus

_NOW, _HOUR, _MINUTE = timedelta(), timedelta(hours=1), timedelta(minutes=1)
EVENT = (
    '{"order": {"id": "o-10231", "amount": 1.10, "currency": "EUR", "items": [{"sku": "A-1", "n": 1},'
    ' {"sku": "B-7", "n": 3}]}, "note": "first", "note": "second", "big": 1e400, "customer": null}'
)
BUG = json.dumps(
    {
        "errorType": "KeyError",
        "errorMessage": "'TABLE_NAME'",
        "stackTrace": [
            '  File "/var/task/orders.py", line 12, in handler\n    table = os.environ["TABLE_NAME"]\n',
            '  File "/var/lang/lib/python3.13/os.py", line 714, in __getitem__\n    raise KeyError(key)\n',
        ],
    }
)


LATER = json.dumps(
    {
        "errorType": "ZeroDivisionError",
        "errorMessage": "division by zero",
        "stackTrace": ['  File "/var/task/orders.py", line 20, in share\n    return total / parts\n'],
    }
)


def incident(live: Live, *, few: bool = False) -> dict[str, list[str]]:
    """Ids of executions, by what they are; with `few` no more of each than a page needs."""
    made: dict[str, list[str]] = {}
    plan = {
        "bug": ("orders", BUG, [*[_MINUTE * n * 7 for n in range(26)], *[_HOUR * (3 + n) for n in range(5)]]),
        "slow": ("payments", corpus("py-redis-110"), [_HOUR * n + _MINUTE * 4 for n in range(19)]),
        "throttled": (
            "import",
            corpus("js-throttle-emr"),
            [_HOUR * (n * 2) + _MINUTE * 20 for n in range(9)],
        ),
        "timeout": ("reports", corpus("plat-timeout-docs"), [_HOUR * (5 * n + 2) for n in range(7)]),
        "input": ("webhooks", corpus("py-json-paloalto"), [_HOUR * 9, _HOUR * 31, _HOUR * 50]),
        "permission": ("thumbnails", corpus("js-ad-s3"), [_HOUR * 26, _HOUR * 27]),
        "memory": ("reports", corpus("plat-killed-chariot"), [_HOUR * 40]),
    }
    for name, (function, response, each) in plan.items():
        agos = each[:8] if few else each
        events = [EVENT.replace("10231", str(10231 + n)) for n in range(len(agos))]
        made[name] = live.all_fail(function, response, [ago + _MINUTE for ago in agos], events)
    call = live.stack.call
    group = {name: call("GET", f"/executions/{ids[0]}")[1]["failure"]["group"] for name, ids in made.items()}
    call(
        "POST",
        f"/groups/{group['input']}/ignore",
        json={"reason": "the partner fixes it", "until": "2099-01-01T00:00:00Z"},
    )
    call("POST", f"/groups/{group['memory']}/resolve", json={"reason": "1 GB since 1.4.2"})
    call("POST", f"/groups/{group['permission']}/resolve", json={"reason": "role fixed"})
    live.fails("thumbnails", corpus("js-ad-s3"), ago=_NOW)
    call(
        "POST",
        f"/groups/{group['bug']}/note",
        json={"text": "see the deployment of 14:02: TABLE_NAME is gone from the template"},
    )
    call(
        "PUT",
        "/functions/lambda-replay-sources-import/policy",
        json={"categories": ["throttling"], "reason": "the partner is slow"},
    )
    for identity in made["slow"][:2]:
        status, answer = call("POST", f"/executions/{identity}/replay", json={"reason": "redis is back"})
        assert status == 202, answer
    runs = [call("GET", f"/executions/{one}")[1]["replays"][0]["request_id"] for one in made["slow"][:2]]
    live.outcome(runs[0], "payments")
    live.outcome(runs[1], "payments", corpus("py-redis-110"))
    made["group"] = [group["bug"]]
    made["groups"] = list(group.values())
    return made


def job(live: Live, group: str, *, failing: int = 0, name: str = "TABLE_NAME is back") -> str:
    """A job over a group that has been driven to its end, with so many that fail again."""
    status, answer = live.stack.call(
        "POST",
        "/jobs",
        json={
            "filter": {"group": group},
            "ramp": [1, 5],
            "rate": 100,
            "name": name,
            "reason": "fixed in 1.4.3",
        },
    )
    assert status == 202, answer
    reported: set[str] = set()

    def commit() -> None:
        for number in range(1, len(live.stack.aws.sent) + 1):
            run = f"run-{number}"
            if run not in reported and number > before:
                reported.add(run)
                target = live.stack.aws.sent[number - 1]["FunctionName"]
                function = target.split("lambda-replay-sources-")[1].split(":")[0]
                live.outcome(run, function, BUG if len(reported) <= failing else None)

    before = len(live.stack.aws.sent)
    live.stack.drive(answer["id"], commit=commit)
    commit()
    return str(answer["id"])
