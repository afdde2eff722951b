"""The embedded AWS: ministack on 127.0.0.1, its asynchronous invocation completed to Lambda's contract."""
