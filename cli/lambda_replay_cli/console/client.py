"""The one door between the console and the rest of the command line."""

from lambda_replay_cli import times
from lambda_replay_cli.auditing.audit import audit
from lambda_replay_cli.auditing.findings import Finding, Function
from lambda_replay_cli.auditing.gathering import Gathering
from lambda_replay_cli.ending import ApiRefused, Trouble, UsageError
from lambda_replay_cli.executions.columns import function_name
from lambda_replay_cli.executions.decisions import Action
from lambda_replay_cli.executions.filters import query as filter_query
from lambda_replay_cli.jobs import words as job_words
from lambda_replay_cli.jobs.given import MOST_IDS
from lambda_replay_cli.jobs.given import patch as read_patch
from lambda_replay_cli.jobs.starting import start as start_job
from lambda_replay_cli.jobs.wishes import JobWishes
from lambda_replay_cli.jobs.wishes import request_of as job_request
from lambda_replay_cli.overview.gathering import gathered as gathered_status
from lambda_replay_cli.policies.checking import check as check_policy
from lambda_replay_cli.policies.execution import policy as policy_of_answer
from lambda_replay_cli.policies.trial import tried as try_policy
from lambda_replay_cli.policies.wishes import PolicyWishes
from lambda_replay_cli.policies.wishes import policy_of as policy_request
from lambda_replay_cli.refused.moving import Mover
from lambda_replay_cli.refused.objects import fetcher
from lambda_replay_cli.refused.queue import DeadLetterQueue
from lambda_replay_cli.refused.reading import Reader
from lambda_replay_cli.service.connection import Service, connect, segment
from lambda_replay_cli.service.settings import Wishes, stack_label
from lambda_replay_cli.service.trouble import trouble
from lambda_replay_cli.wiring.addresses import Addresses, short
from lambda_replay_cli.wiring.lookup import Lookup
from lambda_replay_cli.wiring.pace import at_once
from lambda_replay_cli.wiring.whole import configs_of

__all__ = [
    "MOST_IDS",
    "Action",
    "Addresses",
    "ApiRefused",
    "DeadLetterQueue",
    "Finding",
    "Function",
    "Gathering",
    "JobWishes",
    "Lookup",
    "Mover",
    "PolicyWishes",
    "Reader",
    "Service",
    "Trouble",
    "UsageError",
    "Wishes",
    "at_once",
    "audit",
    "check_policy",
    "configs_of",
    "connect",
    "fetcher",
    "filter_query",
    "function_name",
    "gathered_status",
    "job_request",
    "job_words",
    "policy_of_answer",
    "policy_request",
    "read_patch",
    "segment",
    "short",
    "stack_label",
    "start_job",
    "times",
    "trouble",
    "try_policy",
]
