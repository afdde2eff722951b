"""What pages about functions there are."""

from lambda_replay_cli.console.functions.listing import functions
from lambda_replay_cli.console.functions.policy import change, function, save

LOOKS = {"/functions": functions, "/functions/{name}": function}
CHANGES = {"/functions/{name}": change, "/functions/{name}/policy": save}
