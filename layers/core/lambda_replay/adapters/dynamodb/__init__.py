"""The records table: entries and records of one request id side by side under its key.

| `id` | `part` | what |
|---|---|---|
| request id | `entry` | an execution, a link or an early success (`kind` tells which) |
| request id | `record` | the record's payload and response, as they came |
"""
