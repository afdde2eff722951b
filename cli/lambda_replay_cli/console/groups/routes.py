"""What pages about groups there are."""

from lambda_replay_cli.console.groups.decisions import asked, decide
from lambda_replay_cli.console.groups.detail import group
from lambda_replay_cli.console.groups.listing import groups

LOOKS = {"/": groups, "/groups": groups, "/groups/decide": asked, "/groups/{fingerprint}": group}
CHANGES = {"/groups/decide": decide}
