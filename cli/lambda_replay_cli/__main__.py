"""`python -m lambda_replay_cli`."""

from lambda_replay_cli.main import app

app(prog_name="lambda-replay")
