"""The operator's side of Lambda Replay: the command `lambda-replay`.

It knows the service's domain; the service does not know it.
"""
