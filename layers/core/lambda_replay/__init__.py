"""Lambda Replay: failed asynchronous Lambda invocations, stored, explained and sent again safely.

Dependencies point one way: functions → use cases → domain; adapters implement the ports.
"""
