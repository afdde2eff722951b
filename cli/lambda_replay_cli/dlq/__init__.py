"""Messages that triage could not take: in the DLQ of the failure queue, listed, explained, redriven."""
