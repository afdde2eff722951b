"""Messages of every channel, taken apart into execution records without changing a byte of the payload."""
