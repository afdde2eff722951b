"""`python -m tests.chaos [--every N] [--workers N] [SCENARIO …]`: the matrix on standard output; how far it
is and what goes wrong on standard error. Exits with 1 on a violation."""

import argparse
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

from tests.chaos.matrix import Result, alone
from tests.chaos.scenarios import SCENARIOS
from tests.support.chaos import FAULTS, Kind

_COMPONENTS = ("triage", "replay", "api", "sweep", "job driver")


def _results(names: Iterable[str], every: int, workers: int) -> Iterator[Result]:
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(alone, name, every): name for name in names}
        for done in as_completed(waiting):
            results = done.result()
            wrong = sum(bool(result.violations) for result in results)
            print(f"{waiting[done]}: {len(results)} points, {wrong} violated", file=sys.stderr, flush=True)
            yield from results


def matrix(results: Iterable[Result]) -> Iterator[str]:
    """A row for each component and operation, a column for each kind of fault: points / violated."""
    cells: defaultdict[tuple[int, str, str], defaultdict[Kind, list[bool]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for result in results:
        call = result.point.call
        row = _COMPONENTS.index(call.component), call.component, call.label
        cells[row][result.point.kind].append(bool(result.violations))
    yield "| component | call | " + " | ".join(FAULTS) + " |"
    yield "|---|---|" + "---:|" * len(FAULTS)
    for (_, component, label), kinds in sorted(cells.items()):
        shown = [f"{len(kinds[k])} / {sum(kinds[k])}" if k in kinds else "" for k in FAULTS]
        yield f"| {component} | {label} | " + " | ".join(shown) + " |"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument(
        "scenarios", nargs="*", default=list(SCENARIOS), help="all of them when none is named"
    )
    parser.add_argument("--every", type=int, default=1, help="only every N-th point")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes side by side")
    asked = parser.parse_args()
    began = time.monotonic()
    results = list(_results(asked.scenarios, asked.every, asked.workers))
    print("\n".join(matrix(results)))
    wrong = [result for result in results if result.violations]
    for result in wrong:
        point = result.point
        print(
            f"\n{point.scenario}, call {point.call.number} ({point.call.label}), {point.kind}:",
            file=sys.stderr,
        )
        print("\n".join(f"  {line}" for line in result.violations), file=sys.stderr)
    print(f"\n{len(results)} points, {len(wrong)} violated, {time.monotonic() - began:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
