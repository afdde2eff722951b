"""What the service does, one file a use case; the outside world comes in through `lambda_replay.ports`."""
