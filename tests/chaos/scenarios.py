"""What the service is doing when a fault strikes."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import boto3

import replay.composition_root
from lambda_replay.domain.executions.execution import Execution, ExecutionStatus
from lambda_replay.domain.executions.replay import ReplayStatus
from lambda_replay.domain.groups.group import GroupStatus
from tests.chaos.service import BOOM, DURABLE, NAME, SOURCE, Machine, Service
from tests.support.chaos import Call, FunctionFailedError, Kind, refusal
from tests.support.events import sample
from tests.support.table import BUCKET, FAILURES

KEY_ERROR = '{"errorType":"KeyError","errorMessage":"\'id\'"}'
OS_ERROR = '{"errorType":"OSError","errorMessage":"disk"}'
BUSY = '{"errorType":"ThrottlingException","errorMessage":"Rate exceeded"}'
POLICY = {"categories": ["throttling"], "base_seconds": 1, "cap_seconds": 1, "rate": 0.05}
OFTEN = {"attempts": 3, "rate": 1}
# Larger than what fits the table.
PADDING = "x" * 40_000


def _nothing(_: Service) -> None: ...


def _well(_: Service) -> list[str]:
    return []


@dataclass(frozen=True, slots=True)
class Scenario:
    """Faults strike calls that `components` make in `act`; `afterwards` is what people do then, before time
    passes and `check` looks. `allowed` as in `examine.violations`."""

    components: frozenset[str]
    act: Callable[[Service], None]
    prepare: Callable[[Service], None] = _nothing
    afterwards: Callable[[Service], None] = _nothing
    check: Callable[[Service], list[str]] = _well
    allowed: Mapping[str, int] = field(default_factory=dict)


def _arrive(service: Service, *bodies: str) -> None:
    service.send(*bodies)
    service.deliver_all()


def _replay(service: Service, name: str, key: str, **options: Any) -> tuple[int, Any]:
    headers = {"Idempotency-Key": key}
    return service.ask("POST", f"/executions/{name}/replay", json=options, headers=headers)


def _execution(name: str) -> Execution:
    found = replay.composition_root.storage().entries.get(name)
    assert isinstance(found, Execution), (name, found)
    return found


def _unlike(expected: Mapping[str, object], actual: Mapping[str, object]) -> list[str]:
    return [
        f"{name}: {actual[name]}, expected {wanted}"
        for name, wanted in expected.items()
        if actual[name] != wanted
    ]


def _group(name: str) -> Any:
    fingerprint = _execution(name).first_failure.group
    return replay.composition_root.storage().groups.get([fingerprint])[fingerprint]


# ------------------------------------------------------------------------------------------------- triage


def _before_a_batch(service: Service) -> None:
    service.fates["event-2"] = KEY_ERROR
    _arrive(service, service.fails("event-1"), service.fails("event-2"))
    for name in ("event-1", "event-2"):
        _replay(service, name, name)


def _batch(service: Service) -> None:
    """Two groups, a duplicate, outcomes of replays, a stranger's success, large payloads, an object."""
    key = "aws/lambda/async/orders-import/2026/01/31/record"
    boto3.client("s3").put_object(Bucket=FAILURES, Key=key, Body=service.fails("r-object").encode())
    body = sample("triage-s3-notification")["Records"][0]["body"]
    notification = json.loads(body)
    notification["Records"][0]["s3"]["object"]["key"] = key
    for run in service.runs:
        run.reported = True
    _arrive(
        service,
        service.fails("r-1", response=KEY_ERROR),
        service.fails("r-2"),
        service.fails("r-1", response=KEY_ERROR),
        service.succeeds("run-1"),
        service.fails("run-2", payload=service.runs[1].payload.decode(), response=KEY_ERROR),
        service.fails("r-large", payload=json.dumps({"id": "r-large", "pad": PADDING})),
        service.succeeds("stranger"),
        json.dumps(notification),
    )


def _refused(service: Service) -> None:
    """Foreign messages among records: each is moved, and takes no record along."""
    service.foreign += ["no record", '{"detail-type":"order.created"}', '{"Error":"E","Cause":"C"}']
    one, two, three = service.foreign
    _arrive(service, one, service.fails("r-1"), two, service.fails("r-2"), three)


def _outage(service: Service) -> None:
    """The table refuses everything: records wait, longer each time, and what is no record is moved all the
    same."""
    service.foreign.append("no record")
    service.chaos.down = frozenset({"dynamodb"})
    _arrive(service, service.fails("r-1"), "no record", service.fails("r-2", response=KEY_ERROR))
    for _ in range(3):
        service.clock.sleep(120)
        service.deliver_all()
    service.chaos.down = frozenset()
    service.clock.sleep(300)
    service.deliver_all()


# ------------------------------------------------------------------------------------------------- replay


def _before_replays(service: Service) -> None:
    large = json.dumps({"id": "event-1", "pad": PADDING})
    names = [service.fails(f"event-{number}") for number in (2, 3, 4, 5)]
    _arrive(service, service.fails("event-1", payload=large), *names)
    service.refused["event-5"] = refusal(403, "AccessDeniedException")
    _replay(service, "event-2", "first")
    service.tell()
    service.fates["event-4"] = KEY_ERROR


def _replays(service: Service) -> None:
    """One by one: of a large payload, forced, with an outcome that is faster than the answer, rejected."""
    _replay(service, "event-1", "key-1")
    _replay(service, "event-2", "key-2", mode="force")
    service.before_answer = service.tell
    _replay(service, "event-3", "key-3")
    _replay(service, "event-4", "key-4")
    service.before_answer = lambda: None
    _replay(service, "event-5", "key-5")


def _replays_again(service: Service) -> None:
    """The operator repeats all of it, before and after the leases have ended."""
    for _ in range(2):
        for number in (1, 3, 4):
            _replay(service, f"event-{number}", f"key-{number}")
        _replay(service, "event-2", "key-2", mode="force")
        service.commit()


def _decisions(service: Service) -> None:
    ask, groups = service.ask, {n: _group(f"event-{n}").fingerprint for n in (1, 2, 3)}
    ask("POST", "/executions/event-1/ignore", json={"reason": "known"})
    ask("POST", "/executions/event-2/ignore", json={"reason": "known"})
    ask("POST", "/executions/event-2/reopen", json={"reason": "unknown"})
    ask("POST", f"/groups/{groups[1]}/resolve", json={"reason": "fixed"})
    ask("POST", f"/groups/{groups[2]}/note", json={"text": "looked at"})
    ask("POST", f"/groups/{groups[2]}/merge", json={"into": groups[3], "reason": "one cause"})
    ask("PUT", f"/functions/{NAME}/policy", json=POLICY)
    rule = {"id": "own", "category": "timeout", "verdict": "as_is", "when": {"message": ["late"]}}
    ask("PUT", "/rules", json={"reason": "ours", "rules": [rule | {"reason": "it is"}]})


def _decided(service: Service) -> list[str]:
    policy = replay.composition_root.storage().policies.get(SOURCE)
    rules = service.call("GET", "/rules")[1]
    head = _group("event-3")
    return _unlike(
        {"1": ExecutionStatus.IGNORED, "2": ExecutionStatus.FAILED, "group": GroupStatus.RESOLVED}
        | {"head": head.fingerprint, "members": 1, "policy": True, "rules": 1},
        {
            "1": _execution("event-1").status,
            "2": _execution("event-2").status,
            "group": _group("event-1").status,
            "head": _group("event-2").head,
            "members": len(head.members),
            "policy": policy is not None and policy.enabled,
            "rules": len(rules["rules"]),
        },
    )


def _three_groups(service: Service) -> None:
    errors = dict(zip((1, 2, 3), (BOOM, KEY_ERROR, OS_ERROR), strict=True))
    _arrive(service, *[service.fails(f"event-{n}", response=error) for n, error in errors.items()])
    service.sweep()


# ---------------------------------------------------------------------------------------------------- api


def _start(service: Service, key: str, **options: Any) -> str:
    status, job = service.ask(
        "POST", "/jobs", headers={"Idempotency-Key": key}, json={"rate": 100, **options}
    )
    return job["id"] if status == 202 else ""


NAMED: dict[str, Any] = {"ids": ["event-2", "event-3"], "guard": None}


def _api(service: Service) -> None:
    for path in (
        "/executions",
        "/executions/event-1",
        "/executions/event-1/payload",
        "/groups",
        "/functions",
    ):
        service.ask("GET", path)
    service.ask("GET", f"/groups/{_group('event-1').fingerprint}")
    _replay(service, "event-1", "key-1")
    job = _start(service, "job-1", **NAMED)
    service.ask("GET", "/jobs")
    service.ask("POST", f"/jobs/{job}/pause", json={"reason": "wait"})
    service.ask("GET", f"/jobs/{job}")
    service.ask("POST", f"/jobs/{job}/resume", json={"reason": "go on"})


def _api_again(service: Service) -> None:
    for _ in range(2):
        _replay(service, "event-1", "key-1")
        job = _start(service, "job-1", **NAMED)
        service.ask("POST", f"/jobs/{job}/resume")
        service.commit()


def _one_job(_: Service) -> list[str]:
    jobs = replay.composition_root.storage().jobs.page(limit=100).jobs
    return [] if len(jobs) == 1 else [f"{len(jobs)} jobs of one key"]


# ---------------------------------------------------------------------------------------------------- jobs


def _before_a_job(service: Service) -> None:
    """Of seven one is ignored, one rejected, one's qualifier is gone, one fails again."""
    _arrive(service, *[service.fails(f"event-{number}") for number in range(6)])
    _arrive(service, service.fails("event-6", arn=f"{SOURCE}:gone"))
    service.ask("POST", "/executions/event-0/ignore", json={"reason": "known"})
    service.refused["event-1"] = refusal(403, "AccessDeniedException")
    service.refused["event-6"] = refusal(404, "ResourceNotFoundException")
    service.fates["event-2"] = KEY_ERROR


def _job(service: Service) -> None:
    _start(service, "job-1", filter={"function": NAME}, ramp=[1], guard=None)
    service.drive()


def _dealt_with(service: Service) -> list[str]:
    [job] = replay.composition_root.storage().jobs.page(limit=100).jobs
    counts = service.call("GET", f"/jobs/{job.id}")[1]["counts"]
    return _unlike({"selected": 7, "remaining": 0}, counts)


def _job_commands(service: Service) -> None:
    job = _start(service, "job-1", **NAMED)
    service.ask("POST", f"/jobs/{job}/pause", json={"reason": "wait"})
    service.ask("POST", f"/jobs/{job}/resume", json={"reason": "go on"})
    service.ask("POST", "/jobs/plan", json={"filter": {"function": NAME}, "rate": 1})
    service.drive()


def _job_commands_again(service: Service) -> None:
    job = _start(service, "job-1", **NAMED)
    service.ask("POST", f"/jobs/{job}/resume")


# --------------------------------------------------------------------------------------------------- sweep


def _breaks(service: Service, hits: Callable[[Call], bool], kind: Kind, act: Callable[[], object]) -> None:
    """What the sweep is to find was left by a process that died at such a call."""
    with service.chaos.striking(hits, kind):
        act()
    assert service.chaos.struck is not None


def _is_event(call: Call) -> bool:
    return call.is_event


def _is_link(call: Call) -> bool:
    return call.operation == "PutItem" and call.arguments["Item"]["id"]["S"].startswith("run-")


def _counts(call: Call) -> bool:
    return call.component == "triage" and call.operation == "TransactWriteItems"


def _before_a_sweep(service: Service) -> None:
    """An expired claim, an unlinked replay, a closed window, an ignoring that ends, a group whose failures
    have recovered, failures that were not counted, and alerts for all of them."""
    service.fates |= {"event-3": "silent"}
    _arrive(service, *[service.fails(f"event-{number}") for number in (1, 2, 3, 4)])
    _arrive(service, service.fails("event-6", response=KEY_ERROR))
    _breaks(service, _is_event, Kind.DIES_AFTER, lambda: _replay(service, "event-1", "key-1"))
    _breaks(service, _is_link, Kind.DIES_BEFORE, lambda: _replay(service, "event-2", "key-2"))
    until = (service.clock.time + timedelta(minutes=2)).isoformat()
    service.ask("POST", "/executions/event-4/ignore", json={"reason": "known", "until": until})
    for name in ("event-3", "event-6"):
        _replay(service, name, name)
    service.tell()
    uncounted = service.fails("event-5", response=OS_ERROR)
    _breaks(service, _counts, Kind.THROTTLED, lambda: _arrive(service, uncounted))


def _sweeps(service: Service) -> None:
    for minutes in (3, 11):
        service.clock.sleep(60 * minutes)
        service.sweep()


def _swept(_: Service) -> list[str]:
    expected = {
        "event-1": ExecutionStatus.FAILED,
        "event-2": ExecutionStatus.RECOVERED,
        "event-3": ExecutionStatus.UNCONFIRMED,
        "event-4": ExecutionStatus.FAILED,
        "event-6": ExecutionStatus.RECOVERED,
        "group": GroupStatus.RESOLVED,
    }
    found: dict[str, object] = {name: _execution(name).status for name in expected if name != "group"}
    return _unlike(expected, found | {"group": _group("event-6").status})


def _one_turn(service: Service, machine: Machine) -> None:
    with suppress(FunctionFailedError):
        service.run("replay", {"command": "drive_job", **machine.said}, "job driver")


def _before_a_sweep_of_jobs(service: Service) -> None:
    """One has ended and is unreported, one lost its driver within a slice, one was cancelled then."""
    _arrive(service, *[service.fails(f"event-{number}") for number in range(6)])
    _start(service, "job-1", ids=["event-0", "event-1"], guard=None)
    service.drive()
    for key, ids in (("job-2", ["event-2", "event-3"]), ("job-3", ["event-4", "event-5"])):
        job = _start(service, key, ids=ids, guard=None)
        machine = service.machines[f"{job}-1"]
        # The state machine itself is lost with it.
        machine.done = True
        _breaks(service, _is_event, Kind.DIES_AFTER, partial(_one_turn, service, machine))
        if key == "job-3":
            service.ask("POST", f"/jobs/{job}/cancel", json={"reason": "enough"})


def _sweeps_of_jobs(service: Service) -> None:
    for minutes in (6, 1):
        service.clock.sleep(60 * minutes)
        service.sweep()


def _before_automatic(service: Service) -> None:
    service.ask("PUT", f"/functions/{NAME}/policy", json=POLICY)
    _arrive(service, *[service.fails(f"event-{number}", response=BUSY) for number in range(5)])
    service.refused["event-1"] = refusal(403, "AccessDeniedException")
    service.fates["event-2"] = BUSY


def _before_lost_answers(service: Service) -> None:
    service.ask("PUT", f"/functions/{NAME}/policy", json=POLICY | OFTEN)
    _arrive(service, *[service.fails(f"event-{number}", response=BUSY) for number in range(3)])
    service.fates |= {f"event-{number}": BUSY for number in range(3)}


def _lost_answers(service: Service) -> None:
    """The events of automatic replays arrive, and no answer comes, for hours; the runs fail, and say so."""
    service.answers_lost_until = service.clock.time + timedelta(hours=3)
    for _ in range(3):
        service.clock.sleep(180)
        service.sweep()
        service.tell()


def _hours_later(service: Service) -> None:
    for _ in range(40):
        service.clock.sleep(300)
        service.sweep()
        service.tell()


def _once(act: Callable[[], object]) -> Callable[[], None]:
    left = [act]

    def first() -> None:
        if left:
            left.pop()()

    return first


def _two_sweeps(service: Service) -> None:
    """The second begins while the first one sends."""
    for minutes in (4, 4):
        service.clock.sleep(60 * minutes)
        service.before_answer = _once(service.sweep)
        service.sweep()


def _two_drivers(service: Service) -> None:
    """The state machine was started twice: the second driver calls while the first one's event is sent."""
    job = _start(service, "job-1", ids=[f"event-{number}" for number in range(6)], guard=None)
    machine = service.machines[f"{job}-1"]
    service.before_answer = _once(lambda: service.turn(machine.said))
    service.drive()


def _six_failures(service: Service) -> None:
    _arrive(service, *[service.fails(f"event-{number}") for number in range(6)])
    service.fates["event-2"] = KEY_ERROR


def _before_forgetting(service: Service) -> None:
    """One in the table, one in the bucket with a replay that failed, one that came in an object."""
    client, key = boto3.client("s3"), "aws/lambda/async/orders-import/2026/01/31/forgotten"
    client.put_bucket_versioning(Bucket=FAILURES, VersioningConfiguration={"Status": "Enabled"})
    text = service.fails("event-3", payload=json.dumps({"id": "event-3", "pad": PADDING}))
    version = client.put_object(Bucket=FAILURES, Key=key, Body=text.encode())["VersionId"]
    notification = json.loads(sample("triage-s3-notification")["Records"][0]["body"])
    notification["Records"][0]["s3"]["object"] = {"key": key, "versionId": version}
    large = service.fails("event-2", payload=json.dumps({"id": "event-2", "pad": PADDING}))
    service.fates["event-2"] = KEY_ERROR
    _arrive(service, service.fails("event-1"), large, json.dumps(notification))
    _replay(service, "event-2", "first")
    service.tell()


def _forget(service: Service) -> None:
    for number in (1, 2, 3):
        service.ask("DELETE", f"/executions/event-{number}/payload", json={"reason": "erasure request"})


def _forgotten(_: Service) -> list[str]:
    storage = replay.composition_root.storage()
    executions = [_execution(f"event-{number}") for number in (1, 2, 3)]
    runs = [run for one in executions for run in one.runs]
    versions = boto3.client("s3").list_object_versions(Bucket=FAILURES).get("Versions", [])
    kept = [record for run in runs if (record := storage.records.get(run)) is not None]
    return _unlike(
        {"tombstones": 3, "payloads": 0, "responses": 0, "objects": 0, "in the failure bucket": 0},
        {
            "tombstones": sum(one.forgotten is not None for one in executions),
            "payloads": sum(one.payload is not None for one in kept),
            "responses": sum(one.response is not None for one in kept),
            "objects": len(boto3.client("s3").list_objects_v2(Bucket=BUCKET).get("Contents", [])),
            "in the failure bucket": sum(one["Key"].endswith("forgotten") for one in versions),
        },
    )


def _before_durable(service: Service) -> None:
    _arrive(service, *[service.fails(f"event-{number}", arn=f"{DURABLE}:$LATEST") for number in range(5)])
    service.fates |= {"event-1": KEY_ERROR, "event-3": KEY_ERROR}
    # Its process dies when the event has arrived: the sweep sends it again.
    _breaks(service, _is_event, Kind.DIES_AFTER, lambda: _replay(service, "event-4", "key-4"))


def _durable(service: Service) -> None:
    """One by one and in a job; how they ended the sweep asks, and reports."""
    for number in (0, 1):
        _replay(service, f"event-{number}", f"key-{number}")
    _start(service, "job-1", ids=["event-2", "event-3"], guard=None)
    service.drive()
    for _ in range(3):
        service.clock.sleep(90)
        service.sweep()
        service.deliver_all()


def _durable_again(service: Service) -> None:
    """The operator repeats it; a job that did not come about is started."""
    for number in (0, 1):
        _replay(service, f"event-{number}", f"key-{number}")
    _start(service, "job-1", ids=["event-2", "event-3"], guard=None)


def _known(service: Service) -> list[str]:
    """Whatever was lost, no replay stays uncertain: it was sent again under its name, and ran once."""
    return [
        f"{name}: replay {attempt.number} is {attempt.status}"
        for name in (f"event-{number}" for number in range(5))
        for attempt in _execution(name).replays
        if attempt.status is ReplayStatus.UNCERTAIN and attempt.durable_name is not None
    ]


SCENARIOS: dict[str, Scenario] = {
    "batch": Scenario(frozenset({"triage"}), _batch, _before_a_batch),
    "refused": Scenario(frozenset({"triage"}), _refused),
    "outage": Scenario(frozenset({"triage"}), _outage),
    "replays": Scenario(
        frozenset({"replay", "triage"}),
        _replays,
        _before_replays,
        _replays_again,
        allowed={"event-2": 2},
    ),
    "decisions": Scenario(frozenset({"replay"}), _decisions, _three_groups, check=_decided),
    "forgetting": Scenario(frozenset({"replay"}), _forget, _before_forgetting, _forget, _forgotten),
    "api": Scenario(frozenset({"api"}), _api, _three_groups, _api_again, _one_job),
    "job": Scenario(frozenset({"job driver"}), _job, _before_a_job, check=_dealt_with),
    "job commands": Scenario(
        frozenset({"replay"}), _job_commands, _three_groups, _job_commands_again, _one_job
    ),
    "sweep": Scenario(frozenset({"sweep"}), _sweeps, _before_a_sweep, check=_swept),
    "sweep of jobs": Scenario(frozenset({"sweep"}), _sweeps_of_jobs, _before_a_sweep_of_jobs),
    "automatic": Scenario(frozenset({"sweep"}), _sweeps, _before_automatic, allowed={"event-2": 3}),
    "lost answers": Scenario(frozenset({"sweep"}), _lost_answers, _before_lost_answers, _hours_later),
    "two sweeps": Scenario(frozenset({"sweep"}), _two_sweeps, _before_automatic, allowed={"event-2": 3}),
    "durable": Scenario(
        frozenset({"replay", "sweep", "job driver"}), _durable, _before_durable, _durable_again, _known
    ),
    "two drivers": Scenario(frozenset({"job driver"}), _two_drivers, _six_failures),
}
