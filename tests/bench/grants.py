"""What looking at grants and policy costs: ``python tests/bench/grants.py``.

Exits with 1 where a check takes longer than one ``stat`` of a file in the same run.

Least of several runs, in µs, beside a plain ``stat`` and the same check of grants that nobody can change.
"""

from __future__ import annotations

import os
import sys
import tempfile
import timeit
from collections.abc import Callable
from pathlib import Path


def least_us(action: Callable[[], object], runs: int) -> float:
    return min(timeit.repeat(action, number=runs, repeat=7)) / runs * 1e6


def main() -> int:
    with tempfile.TemporaryDirectory() as home:
        os.environ["AUTOMATOSX_HOME"] = home
        figures = measured(home)
    for name, figure in figures.items():
        print(f"{name:<60} {figure:6.2f} µs")
    return int(figures["a check of live grants"] > figures["a stat"])


def measured(home: str) -> dict[str, float]:
    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.grants import Grants
    from automatosx_nb.host.holdings import LiveGrants
    from automatosx_nb.model.permissions import Permission

    market = Marketplace()
    market.install("automatosx.cell-ledger", grant=["storage", "events:subscribe:kernel.cell.finished"])
    (entry,) = market.installed()
    needed = Permission.parse("storage")
    plain, live = Grants(entry.id, entry.grants), LiveGrants(entry, market)
    figures = {
        "a stat": least_us(Path(home).stat, 20_000),
        "a check of grants that nobody can change": least_us(lambda: plain.require(needed), 50_000),
        "a check of live grants": least_us(lambda: live.require(needed), 50_000),
        "the begin of a call, which looks whether anything changed": least_us(
            lambda: live.begin_call(event=False), 5_000
        ),
    }
    market.close()
    return figures


if __name__ == "__main__":
    sys.exit(main())
