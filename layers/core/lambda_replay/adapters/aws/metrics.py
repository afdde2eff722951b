"""`Counter` as CloudWatch metrics, printed in the embedded metric format by Powertools."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from aws_lambda_powertools.metrics import Metrics, MetricUnit

from lambda_replay.ports.alerts import Count, Counter
from lambda_replay.settings import STACK_VARIABLE

NAMESPACE = "LambdaReplay"


def metrics_of(service: str) -> Metrics:
    return Metrics(namespace=NAMESPACE, service=service)


def counter(metrics: Metrics) -> Counter:
    counting = Lock()

    def count(what: Count) -> None:
        with counting:  # replays are sent by several threads, and adding may print what is full
            metrics.add_metric(name=what.value, unit=MetricUnit.Count, value=1)

    return count


@contextmanager
def published(metrics: Metrics) -> Iterator[None]:
    """Print what was counted in this block, or around a handler. Powertools' own decorator warns whenever
    there was nothing to count, as in most sweeps.

    The dimensions are `service` (the function's part) and `stack`, never ids: alarms name both.
    """
    metrics.set_default_dimensions(stack=os.environ.get(STACK_VARIABLE, "local"))
    try:
        yield
    finally:
        if metrics.metric_set:
            metrics.flush_metrics()
