"""What pages about the service itself there are."""

from lambda_replay_cli.console.health.dlq import letters, redrive
from lambda_replay_cli.console.health.overview import health
from lambda_replay_cli.console.health.rules import rules, save_rules, try_rules

LOOKS = {"/health": health, "/health/dlq": letters, "/health/rules": rules}
CHANGES = {"/health/dlq": redrive, "/health/rules": save_rules, "/health/rules/try": try_rules}
