"""Lambda's asynchronous invocation (contract sections 1, 2, 4, 5, 6), added to ministack.

`model` says what an event and an outcome are, `attempts` what follows from an outcome, `record` and
`destinations` what is sent to whom, `engine` runs it; `install` and `workers` alone know ministack.
"""
