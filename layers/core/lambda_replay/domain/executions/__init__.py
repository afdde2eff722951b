"""An invocation that failed, its replays, and the states they go through."""
