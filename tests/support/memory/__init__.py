"""Every store in memory: what the suites for stores hold DynamoDB against."""
