"""What is said of plugins: what the checks found, as search ranks by it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from automatosx_nb import package
from automatosx_nb.model.publishing import PublishPolicy
from automatosx_nb.registry.checks.notebooks import CHECK
from automatosx_nb.registry.database import Database
from automatosx_nb.registry.sayings import sayings
from automatosx_nb.registry.schema import checks, releases
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.registry.conftest import write_plugin

Write = Callable[..., Path]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    with EmbeddedRegistry(tmp_path / "home", policy=lambda: PublishPolicy(run_notebooks=False)) as registry:
        registry.publish(package.build(write_plugin(tmp_path / "plain")))
        folder = write_plugin(tmp_path / "documented", "acme.documented")
        manifest = folder / "plugin.toml"
        manifest.write_text(manifest.read_text().replace("main =", 'docs = ["docs/tour.ipynb"]\nmain ='))
        (folder / "docs").mkdir()
        (folder / "docs" / "tour.ipynb").write_text("{}")
        registry.publish(package.build(folder))
    return tmp_path / "home"


def documented(database: Database) -> list[bool]:
    with database.read() as connection:
        rows = connection.execute(select(releases.c.plugin, releases.c.key))
        shown = {row.plugin: row.key for row in rows}
        said = sayings(connection, shown)
        return [said[plugin].documented for plugin in sorted(shown)]


def test_a_plugin_without_documentation_or_with_one_that_nobody_executed_is_not_documented(home: Path) -> None:
    database = Database(home / "registry.sqlite")
    assert documented(database) == [False, False]
    database.close()


def test_a_plugin_of_which_the_check_executed_all_documentation_is(home: Path) -> None:
    database = Database(home / "registry.sqlite")
    row = {"position": 90, "check": CHECK.name, "passed": True, "severity": "info", "message": CHECK.holds}
    with database.write() as connection:
        plain = connection.execute(select(releases.c.key).order_by(releases.c.key)).scalars().first()
        connection.execute(insert(checks).values({**row, "release": plain, "file": "", "line": 0, "duration_ms": 1.0}))
    assert documented(database) == [True, False]
    database.close()
