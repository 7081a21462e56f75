"""How soon a server refuses a token that was revoked on another one: ``python tests/bench/revoked.py``.

Two servers on one SQLite registry. A client asks the first one without a pause, so that it is answered the short way;
the second one is told to revoke. Exits with 1 where that took longer than the short way trusts what it knows.
"""

from __future__ import annotations

import logging
import os
import statistics
import sys
import tempfile
from pathlib import Path
from time import monotonic

import httpx

from automatosx_nb.host.metering import Rate
from automatosx_nb.model.identity import Scope, owner
from automatosx_nb.registry.service import EmbeddedRegistry
from automatosx_nb.server.slim.currency import TRUST_S
from tests.server.standalone.conftest import serving

TOKENS, SETTLE_S = 15, 1.0


def main() -> int:
    logging.disable(logging.INFO)
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"AUTOMATOSX_HOME": folder, "JUPYTER_CONFIG_DIR": folder}
        took = refused_after(Path(folder) / "registry")
    print(f"refused after a revocation: median {statistics.median(took):.2f} s, at most {max(took):.2f} s, of {TOKENS}")
    return max(took) > TRUST_S


def refused_after(folder: Path) -> list[float]:
    """Seconds, for each of :data:`TOKENS`."""
    unlimited = Rate(0, 1)
    with (
        EmbeddedRegistry(folder) as registry,
        serving(folder, per_token=unlimited, per_address=unlimited) as here,
        serving(folder, per_token=unlimited, per_address=unlimited) as there,
    ):
        made = [registry.tokens.new(owner(), "ci", frozenset(Scope), 1, user="ada") for _ in range(TOKENS + 1)]
        by = made.pop().secret
        return [_refused(here, there, each.secret, each.token.id, by) for each in made]


def _refused(here: httpx.Client, there: httpx.Client, secret: str, token: str, by: str) -> float:
    until = monotonic() + SETTLE_S
    while monotonic() < until:
        assert _ask(here, secret) == 200
    there.delete(f"/api/v1/tokens/{token}", headers={"Authorization": f"token {by}"}).raise_for_status()
    begun = monotonic()
    while _ask(here, secret) != 401:
        pass
    return monotonic() - begun


def _ask(server: httpx.Client, secret: str) -> int:
    return server.get("/api/v1/plugins", headers={"Authorization": f"token {secret}"}).status_code


if __name__ == "__main__":
    sys.exit(main())
