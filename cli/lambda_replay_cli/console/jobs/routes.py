"""What pages about jobs there are."""

from lambda_replay_cli.console.jobs.listing import jobs
from lambda_replay_cli.console.jobs.plan import change, plan, start
from lambda_replay_cli.console.jobs.progress import decide, job

LOOKS = {"/plan": plan, "/jobs": jobs, "/jobs/{id}": job}
CHANGES = {"/plan": change, "/jobs": start, "/jobs/{id}/{verb}": decide}
