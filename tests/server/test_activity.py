"""What administrators collect: the server's event logger hears what kernels and terminals did."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped, unused-ignore]

from automatosx_nb.errors import AuditDamaged
from automatosx_nb.host.audit import Audit
from automatosx_nb.model.audit import KINDS
from automatosx_nb.model.events import PLUGIN_INSTALLED, ROLLED_BACK
from automatosx_nb.server.activity import ACTIONS, SCHEMA, SCHEMA_ID, ActivityFeed
from automatosx_nb.server.marketplace_events import schema_id


@pytest.fixture(autouse=True)
def user_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AUTOMATOSX_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def elsewhere(user_home: Path) -> Iterator[Audit]:
    """The log as a kernel of the same user writes it."""
    audit = Audit(user_home / "profile" / "audit.sqlite3")
    yield audit
    audit.close()


def test_the_schema_names_the_actions_that_there_are() -> None:
    schema = yaml.safe_load(SCHEMA.read_text("utf-8"))
    assert schema["$id"] == SCHEMA_ID
    assert schema["properties"]["action"]["enum"] == list(ACTIONS.values())
    assert ACTIONS.keys() <= KINDS.keys()


async def test_the_servers_event_logger_hears_what_another_process_did(jp_serverapp: Any, elsewhere: Audit) -> None:
    written = io.StringIO()
    jp_serverapp.event_logger.register_handler(logging.StreamHandler(written))
    feed: ActivityFeed = jp_serverapp.web_app.settings["automatosx_activity"]
    await feed.tell()
    elsewhere.add(
        "plugin-installed", "acme.demo", "1.0.0", sha256="00", generation=1, action="install", surface="panel"
    )
    elsewhere.add("worker-started", "acme.demo", "1.0.0")
    elsewhere.add(
        "permission-denied", "acme.demo", "1.0.0", capability="storage", method="put", permission="storage", calls=1
    )
    await feed.tell()
    await feed.tell()
    told = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [(each["__schema__"], each.get("action"), each["entry"]) for each in told] == [
        (SCHEMA_ID, "installed", 1),
        (schema_id(PLUGIN_INSTALLED), None, 1),
        (SCHEMA_ID, "denied", 3),
    ]
    assert (told[1]["plugin"], told[1]["version"], told[1]["generation"]) == ("acme.demo", "1.0.0", 1)
    assert told[0]["detail"]["surface"] == "panel"


async def test_what_was_there_before_the_server_is_not_told_again(elsewhere: Audit, user_home: Path) -> None:
    elsewhere.add("plugin-removed", "acme.demo", "1.0.0", generation=2, action="remove", surface="terminal")
    told: list[dict[str, Any]] = []
    feed = ActivityFeed(elsewhere, lambda *, schema_id, data: told.append({"schema": schema_id, **data}), _fail)
    await feed.tell()
    assert told == []
    elsewhere.add("profile-rolled-back", restores=1, generation=3, surface="terminal")
    await feed.tell()
    assert [(each["schema"], each["restores"] if "restores" in each else each["action"]) for each in told] == [
        (SCHEMA_ID, "rolled-back"),
        (schema_id(ROLLED_BACK), 1),
    ]


async def test_a_log_that_cannot_be_read_is_told_once(user_home: Path) -> None:
    path = user_home / "profile" / "audit.sqlite3"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"this is no database" * 99)
    errors: list[Exception] = []
    feed = ActivityFeed(Audit(path), lambda **_event: None, errors.append)
    await feed.tell()
    assert [type(error) for error in errors] == [AuditDamaged]
    feed.close()


def _fail(error: Exception) -> None:
    raise error
