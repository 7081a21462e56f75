"""Desks, each in a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from automatosx_nb.host.audit import Audit
from automatosx_nb.sandbox.limits import Limits
from automatosx_nb.sandbox.supervisor import Sandbox
from tests.scenarios.handing_over.desk import SECRETS, Desk, MakeDesk

if TYPE_CHECKING:
    from automatosx_nb.host.ports import SecretSource


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def make_desk(
    sandbox: Sandbox, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MakeDesk]:
    monkeypatch.chdir(tmp_path)
    made: list[Desk] = []
    audit = Audit(tmp_path_factory.mktemp("audit") / "audit.sqlite3")

    def make(
        limits: Limits | None = None, secrets: SecretSource | None = SECRETS, grants: tuple[str, ...] = ()
    ) -> Desk:
        made.append(Desk(sandbox, audit, limits or Limits(), secrets, grants))
        return made[-1]

    yield make
    for desk in made:
        desk.runner.stop()
    audit.close()


@pytest.fixture
def desk(make_desk: MakeDesk) -> Desk:
    desk = make_desk()
    desk.ns["df"] = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"], "secret": [7, 8, 9]})
    return desk
