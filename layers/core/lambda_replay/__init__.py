"""Lambda Replay: failed asynchronous Lambda invocations, stored, explained and sent again safely.

Dependencies point one way: functions → use cases → domain; adapters implement the ports.
"""

# The one place for the version. The package, the OpenAPI document and the user agents read it from here;
# template.yaml has to repeat it, and a test compares.
__version__ = "0.1.0"
