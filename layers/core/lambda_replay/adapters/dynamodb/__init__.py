"""The records table: entries and records of one request id side by side under its key.

| `id` | `part` | what |
|---|---|---|
| request id | `entry` | an execution, a link or an early success (`kind` tells which) |
| request id | `record` | the record's payload and response, as they came |
| `job:` and the id | `job` | a job |
| | `page#`number | the ids on a page of its selection |
| `jobs` | `running` | which jobs are running, each with its functions |
| `count:` and the scope | name`#`shard | part of a number, see `counting` |
"""
