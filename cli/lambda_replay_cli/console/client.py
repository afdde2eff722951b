"""The one door between the console and the rest of the command line."""

from lambda_replay_cli import time_format
from lambda_replay_cli.attachments.functions import Lookup
from lambda_replay_cli.attachments.plan import configs_of
from lambda_replay_cli.client.aws_errors import trouble
from lambda_replay_cli.client.config import ConnectionOptions, stack_label
from lambda_replay_cli.client.connection import connect, segment
from lambda_replay_cli.client.rate_limit import at_once
from lambda_replay_cli.client.service import Service
from lambda_replay_cli.client.stack_addresses import Addresses, short
from lambda_replay_cli.dlq.explain import Reader
from lambda_replay_cli.dlq.messages import DeadLetterQueue, url_of
from lambda_replay_cli.dlq.notified_object import fetcher
from lambda_replay_cli.dlq.redrive import Redriver
from lambda_replay_cli.doctor.collect import Collector
from lambda_replay_cli.doctor.findings import Finding, Function
from lambda_replay_cli.doctor.run_checks import audit
from lambda_replay_cli.errors import ApiError, CommandError, ExternalError, UsageError
from lambda_replay_cli.groups.decisions import Action
from lambda_replay_cli.input_values import MOST_IDS
from lambda_replay_cli.input_values import patch as read_patch
from lambda_replay_cli.jobs import wording as job_words
from lambda_replay_cli.jobs.request import JobOptions
from lambda_replay_cli.jobs.request import request_of as job_request
from lambda_replay_cli.jobs.start import start as start_job
from lambda_replay_cli.lists.columns import function_name
from lambda_replay_cli.lists.columns import person as name_of_person
from lambda_replay_cli.lists.filters import query as filter_query
from lambda_replay_cli.policies.request import PolicyOptions
from lambda_replay_cli.policies.request import policy_of as policy_request
from lambda_replay_cli.policies.simulate import tried as try_policy
from lambda_replay_cli.policies.toggle import checked as checked_policy
from lambda_replay_cli.screens.policies import version_words
from lambda_replay_cli.status.collect import gathered as gathered_status

__all__ = [
    "MOST_IDS",
    "Action",
    "Addresses",
    "ApiError",
    "Collector",
    "CommandError",
    "ConnectionOptions",
    "DeadLetterQueue",
    "ExternalError",
    "Finding",
    "Function",
    "JobOptions",
    "Lookup",
    "PolicyOptions",
    "Reader",
    "Redriver",
    "Service",
    "UsageError",
    "at_once",
    "audit",
    "checked_policy",
    "configs_of",
    "connect",
    "fetcher",
    "filter_query",
    "function_name",
    "gathered_status",
    "job_request",
    "job_words",
    "name_of_person",
    "policy_request",
    "read_patch",
    "segment",
    "short",
    "stack_label",
    "start_job",
    "time_format",
    "trouble",
    "try_policy",
    "url_of",
    "version_words",
]
