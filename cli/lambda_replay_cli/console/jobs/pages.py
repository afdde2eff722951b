"""What pages about jobs there are."""

from lambda_replay_cli.console.jobs.following import decide, job
from lambda_replay_cli.console.jobs.listing import jobs
from lambda_replay_cli.console.jobs.planning import change, plan, start

LOOKS = {"/plan": plan, "/jobs": jobs, "/jobs/{id}": job}
CHANGES = {"/plan": change, "/jobs": start, "/jobs/{id}/{verb}": decide}
