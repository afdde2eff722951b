"""Lambda's asynchronous invocation (docs/reference/lambda.md), added to ministack.

`model` says what an event and an outcome are, `attempts` what follows from an outcome, `record` and
`destinations` what is sent to whom, `engine` runs it; `install` and `workers` alone know ministack.
"""
