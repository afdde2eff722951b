"""A job as a row."""

from collections.abc import Mapping

from lambda_replay_cli import time_format
from lambda_replay_cli.lists.columns import STATUS, short_id
from lambda_replay_cli.output.emit import Column


def _sum(counts: object) -> str:
    """Of counts by reason."""
    return str(sum(counts.values())) if isinstance(counts, Mapping) else ""


COLUMNS = (
    Column("id", shown=short_id),
    Column("name", flexible=True),
    Column("status", styles=STATUS),
    Column("created", "created_at", shown=time_format.ago, right=True, from_width=80),
    Column("selected", "counts.selected", right=True, from_width=96),
    Column("issued", "counts.issued", right=True),
    Column("recovered", "counts.succeeded", right=True, styles={"0": "dim"}),
    Column("failed", "counts.failed_again", right=True, styles={"0": "dim", "": "red"}),
    Column(
        "rejected", "counts.rejected", shown=_sum, right=True, styles={"0": "dim", "": "red"}, from_width=80
    ),
    Column("pending", "counts.pending", right=True, styles={"0": "dim"}, from_width=120),
    Column("left", "counts.remaining", right=True, styles={"0": "dim"}, from_width=96),
    Column("by", flexible=True, from_width=150),
)
