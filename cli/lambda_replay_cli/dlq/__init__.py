"""Messages that triage could not take: in the DLQ of the failure queue, looked at, explained, put back."""
