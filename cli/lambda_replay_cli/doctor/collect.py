"""Reads what an audit looks at, a few things at a time and slowly enough for Lambda's control plane."""

import json
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay_cli.attachments.functions import Lookup, meant
from lambda_replay_cli.attachments.invoke_config import LATEST
from lambda_replay_cli.attachments.kms_keys import missing_key
from lambda_replay_cli.attachments.plan import configs_of
from lambda_replay_cli.attachments.roles import NOT_ALLOWED, Permission, Roles
from lambda_replay_cli.client.rate_limit import at_once, code, every
from lambda_replay_cli.client.stack_addresses import Addresses, short
from lambda_replay_cli.doctor.findings import Deployment, Function, Unchecked, named
from lambda_replay_cli.doctor.metrics import DAY, FORTNIGHT, RECEIVED, Metric, sums
from lambda_replay_cli.doctor.recent_failures import last_failures
from lambda_replay_cli.doctor.stack_checks import NOT_KNOWN
from lambda_replay_cli.errors import ApiError, UsageError

if TYPE_CHECKING:
    from lambda_replay_cli.client.service import Service

# Services that invoke asynchronously, as a function's resource policy names them.
_CALLERS = {
    f"{name}.amazonaws.com": name
    for name in ("s3", "sns", "events", "ses", "iot", "config", "codecommit", "logs", "cloudformation")
}
_LOST = ("AsyncEventsDropped", "DestinationDeliveryFailures", "DeadLetterErrors")
# The API looks at 400 executions for a page: a large recovery leaves many pages without a failure.
_PAGES = 250
_FORBIDDEN = 403


@dataclass(frozen=True)
class Collector:
    """`progress` is called with what is being read. What may not be read is noted, and ends nothing."""

    service: "Service"
    addresses: Addresses
    progress: Callable[[str], None] = lambda _text: None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    lookup: Lookup = field(init=False)
    roles: Roles = field(init=False)
    _unchecked: list[Unchecked] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lookup", Lookup(self.service, self.addresses))
        object.__setattr__(self, "roles", Roles(self.service, self.addresses))

    def everything(self, only: Sequence[str] = ()) -> tuple[list[Function], Deployment]:
        """Reads the functions, and the stack at the same time."""
        with ThreadPoolExecutor(1) as pool:
            stack = pool.submit(self.deployment)
            found = self.functions(only)
            deployment = stack.result()
        return found, replace(deployment, unchecked=tuple(self._unchecked))

    def functions(self, only: Sequence[str] = ()) -> list[Function]:
        """All functions of the region without the service's own, or those that are named."""
        wanted = {meant(text, self.addresses).name for text in only}
        self.progress("listing functions")
        listed = [
            each
            for each in self.lookup.every_function()
            if (each["FunctionName"] in wanted if wanted else not self.addresses.is_own(each["FunctionName"]))
        ]
        if missing := wanted - {each["FunctionName"] for each in listed}:
            raise UsageError(f"there is no function {', '.join(sorted(missing))} in {self.addresses.region}")
        self.progress(f"reading {len(listed)} functions")
        found = [each for each in at_once(self._function, listed) if each is not None]
        self.progress("reading metrics")
        try:
            found = self._measured(found)
        except ClientError as error:
            self._note(error, "whether functions had events, and lost some,", "cloudwatch:GetMetricData")
        self.progress("asking IAM")
        return self._permitted(self._evidenced(self._failed(found)))

    def _note(self, error: ClientError, what: str, permission: str) -> None:
        """Raises what is no missing permission."""
        if code(error) not in NOT_ALLOWED:
            raise error
        self._unchecked.append(Unchecked(what, permission))

    def _note_refusal(self, refusal: ApiError, what: str) -> None:
        """The same for the API."""
        if refusal.status != _FORBIDDEN:
            raise refusal
        self._unchecked.append(Unchecked(what, "execute-api:Invoke (ViewerPolicyArn)"))

    def _function(self, configuration: dict[str, Any]) -> Function | None:
        """None when it was deleted since then."""
        try:
            return self._read(configuration)
        except ClientError as error:
            if code(error) != "ResourceNotFoundException":
                raise
            return None

    def _read(self, configuration: dict[str, Any]) -> Function:
        name = configuration["FunctionName"]
        configs = configs_of(self.lookup, name)
        return Function(
            arn=FunctionArn.parse(configuration["FunctionArn"]).with_qualifier(None),
            role=configuration.get("Role", ""),
            configs=configs,
            # Only an attached function's aliases can lack what the function has.
            aliases=sorted(self.lookup.aliases(name)) if configs else (),
            dead_letter=(configuration.get("DeadLetterConfig") or {}).get("TargetArn") or None,
            durable=bool(configuration.get("DurableConfig")),
        )

    def _measured(self, functions: Sequence[Function]) -> list[Function]:
        def qualifiers(function: Function) -> Iterable[str]:
            return (LATEST, *function.aliases) if function.aliases else ()

        events = sums(
            self.service,
            [
                Metric(RECEIVED, function.name, qualifier)
                for function in functions
                for qualifier in (None, *qualifiers(function))
            ],
            FORTNIGHT,
            self.now,
        )
        lost = sums(
            self.service, [Metric(name, each.name) for each in functions for name in _LOST], DAY, self.now
        )

        def measured(function: Function) -> Function:
            dropped, undelivered, dead = (round(lost.get(Metric(name, function.name), 0)) for name in _LOST)
            received = round(events.get(Metric(RECEIVED, function.name), 0))
            return replace(
                function,
                evidence=f"{received} events in 14 days" if received else None,
                used=frozenset(
                    q for q in qualifiers(function) if Metric(RECEIVED, function.name, q) in events
                ),
                dropped=dropped,
                undelivered=undelivered,
                dead_letter_errors=dead,
            )

        return [measured(function) for function in functions]

    def _failed(self, functions: Sequence[Function]) -> list[Function]:
        """With the time of their last failure, where the service has seen one in a fortnight."""
        try:
            seen = last_failures(self.service, self.now() - FORTNIGHT.length)
        except ApiError as refusal:
            self._note_refusal(refusal, "which functions have failed lately")
            return list(functions)
        return [replace(each, failed_at=seen.get(each.arn.unqualified)) for each in functions]

    def _evidenced(self, functions: Sequence[Function]) -> list[Function]:
        """Anyone who may call it tells too, where there were no events yet and it matters."""
        closed: list[str] = []

        def evidenced(function: Function) -> Function:
            known = function.evidence or function.failed_at
            if known or function.has_destination or function.dead_letter:
                return function
            try:
                policy = json.loads(self.lookup.lambda_.get_policy(FunctionName=function.name)["Policy"])
            except ClientError as error:
                if code(error) in NOT_ALLOWED:
                    closed.append(function.name)
                elif code(error) != "ResourceNotFoundException":
                    raise
                return function
            callers = sorted({name for each in policy.get("Statement", []) for name in _callers(each)})
            return replace(function, evidence=f"{' and '.join(callers)} may call it") if callers else function

        found = at_once(evidenced, functions)
        if closed:
            self._unchecked.append(Unchecked(f"who may call {named(sorted(closed))}", "lambda:GetPolicy"))
        return found

    def _permitted(self, functions: Sequence[Function]) -> list[Function]:
        places = {
            (function.role, destination)
            for function in functions
            for config in function.configs.values()
            for destination in (config.failure, config.success)
            if destination
        }
        wanted = sorted(places)
        answers = at_once(lambda place: self.roles.may_send(*place), wanted)
        may: dict[tuple[str, str], Permission] = dict(zip(wanted, answers, strict=True))
        return [
            replace(
                function,
                may={
                    place: answer
                    for (role, place), answer in may.items()
                    if role == function.role and _goes_to(function, place)
                },
            )
            for function in functions
        ]

    def deployment(self) -> Deployment:
        outputs = self.addresses.outputs
        days = int(self.addresses.parameters.get("RetentionDays") or 30)
        triage, mapping = self._triage()
        return Deployment(
            addresses=self.addresses,
            refused=self._depth(outputs["FailureQueueDlqUrl"], "what the failure queue's DLQ holds"),
            waiting=self._depth(outputs["FailureQueueUrl"], "what the failure queue holds"),
            triage=triage,
            mapping=mapping,
            expiring=self._expiring(days),
            subscribers=self._subscribers(outputs.get("AlertTopicArn")),
            retention_days=days,
            locked=self._locked(),
        )

    def _depth(self, url: str, what: str) -> int:
        """What waits there, also what another reader holds just now."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        try:
            answer = self.service.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)
        except ClientError as error:
            self._note(error, what, "sqs:GetQueueAttributes")
            return 0
        return sum(int(answer["Attributes"].get(name, 0)) for name in names)

    def _locked(self) -> dict[str, str]:
        """Dead-letter queues that triage can't read, with the key that is missing."""
        found = {}
        for queue in self.addresses.dead_letter_queues:
            try:
                key = missing_key(self.service, self.addresses, queue)
            except ClientError as error:
                permission = "sqs:GetQueueUrl, sqs:GetQueueAttributes or kms:DescribeKey"
                self._note(error, f"whether triage can read {short(queue)}", permission)
                continue
            if key:
                found[queue] = key
        return found

    def _triage(self) -> tuple[str | None, str]:
        """The state and the UUID of the mapping that hands the queue's messages to triage."""
        queue = self.addresses.output("FailureQueueArn")
        mappings = every(
            self.lookup.lambda_.list_event_source_mappings,
            "EventSourceMappings",
            EventSourceArn=queue,
        )
        triage = f":function:{self.addresses.output('TriageFunctionName')}:"
        try:
            # To the function, or to an alias of it.
            found = next((each for each in mappings if triage in f"{each['FunctionArn']}:"), None)
        except ClientError as error:
            self._note(error, "whether triage reads the failure queue", "lambda:ListEventSourceMappings")
            return NOT_KNOWN, ""
        return (found["State"], found["UUID"]) if found else (None, "")

    def _expiring(self, days: int) -> datetime | None:
        """The newest failure among those in the last fifth of their time."""
        left = max(timedelta(days=days) / 5, timedelta(hours=12))
        until = self.now() - timedelta(days=days) + left
        to = f"{until:%Y-%m-%dT%H:%M:%SZ}"
        query = {"status": "failed", "to": to, "limit": "100"}
        what = f"whether failures before {until:%Y-%m-%d} still wait and are forgotten soon"
        cursor: str | None = None
        try:
            for _page in range(_PAGES):
                page = self.service.call(
                    "GET", "/executions", query={**query, **({"cursor": cursor} if cursor else {})}
                )
                if page["executions"]:
                    return datetime.fromisoformat(page["executions"][0]["failed_at"])
                cursor = page["cursor"]
                if not cursor:
                    return None
        except ApiError as refusal:
            self._note_refusal(refusal, what)
            return None
        listing = f"lambda-replay list --status failed --to {to}"
        self._unchecked.append(Unchecked(what, f"{_PAGES} pages held none, and there are more", listing))
        return None

    def _subscribers(self, topic: str | None) -> int | None:
        if topic is None:
            return None
        try:
            found = self.service.client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]
        except ClientError as error:
            # Whatever it is: not worth an audit that ends here.
            why = f"sns:GetTopicAttributes answers {code(error)}"
            again = f"aws sns get-topic-attributes --topic-arn {topic}"
            self._unchecked.append(Unchecked("whether anybody is informed of alarms", why, again))
            return None
        return int(found.get("SubscriptionsConfirmed", 0)) + int(found.get("SubscriptionsPending", 0))


def _goes_to(function: Function, place: str) -> bool:
    return any(place in (config.failure, config.success) for config in function.configs.values())


def _callers(statement: dict[str, Any]) -> list[str]:
    principal = statement.get("Principal")
    service = principal.get("Service") if isinstance(principal, dict) else None
    names = [service] if isinstance(service, str) else service or []
    return [_CALLERS[name] for name in names if name in _CALLERS]
