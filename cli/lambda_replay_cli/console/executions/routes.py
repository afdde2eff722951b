"""What pages about executions there are."""

from lambda_replay_cli.console.executions.aws_console import log
from lambda_replay_cli.console.executions.decisions import asked, decide
from lambda_replay_cli.console.executions.detail import execution
from lambda_replay_cli.console.executions.edit_payload import compared, editor
from lambda_replay_cli.console.executions.listing import executions
from lambda_replay_cli.console.executions.payload import download
from lambda_replay_cli.console.executions.replay import preview, replay

LOOKS = {
    "/executions": executions,
    "/executions/decide": asked,
    "/executions/{id}": execution,
    "/executions/{id}/payload": download,
    "/executions/{id}/edit": editor,
    "/executions/{id}/log": log,
    "/executions/{id}/replay": preview,
}
CHANGES = {
    "/executions/decide": decide,
    "/executions/{id}/edit": compared,
    "/executions/{id}/replay": replay,
}
