"""Ports on the APIs of AWS other than DynamoDB."""
