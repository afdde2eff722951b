"""The budgets (docs/reference/service.md#budgets), each beside what was measured in this run: `make bench`.

Times are ratios to a baseline of the same run, or CPU seconds; nothing here asserts a time, for machines
differ. Units are counted by DynamoDB's published rules from what was really sent.
"""
