"""The marketplace's events on the server: every topic has its schema, and what the log tells fits it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from automatosx_nb.host.audit import Audit
from automatosx_nb.model.events import MARKETPLACE_TOPICS, PLUGIN_REVERTED, PLUGIN_UPDATED
from automatosx_nb.model.events.schemas import TOPICS
from automatosx_nb.server.marketplace_events import TOPIC_OF, schema_id, schemas, told_by

if TYPE_CHECKING:
    from pathlib import Path

SWITCH = {"generation": 3, "action": "update", "surface": "terminal"}
DETAIL: dict[str, dict[str, Any]] = {
    "plugin-installed": {"sha256": "00", **SWITCH},
    "plugin-updated": {"before": "0.9.0", "sha256": "00", **SWITCH},
    "plugin-removed": SWITCH,
    "profile-rolled-back": {"restores": 1, "generation": 3, "surface": "terminal"},
    "limit-exceeded": {"limit": "wall time", "allowed": "60 s", "used": "61 s"},
    "plugin-suspended": {"ends": 5, "within_s": 60.0, "wait_s": 60.0, "last": "worker-lost"},
    "state-restored": {"reason": "it is cut off", "snapshot": "a", "set_aside": "b"},
    "setting-changed": {"settings": ["max-rows"], "surface": "panel"},
    "service-failed": {"provider": "acme.tables", "service": "add", "error": "service-timeout", "calls": 3},
}


@pytest.fixture
def audit(tmp_path: Path) -> Any:
    audit = Audit(tmp_path / "audit.sqlite3")
    yield audit
    audit.close()


def told(audit: Audit, kind: str, **detail: Any) -> list[tuple[str, dict[str, Any]]]:
    audit.add(kind, "acme.demo", "1.0.0", **detail)
    (entry,) = audit.read(most=1)
    return list(told_by(entry))


async def test_the_server_knows_the_schema_of_every_topic(jp_serverapp: Any) -> None:
    known = jp_serverapp.event_logger.schemas
    for schema, topic in zip(schemas(), MARKETPLACE_TOPICS, strict=True):
        registered = known.get(schema_id(topic))
        assert registered.properties == schema["properties"]
        assert schema["properties"].items() >= TOPICS[topic].schema["properties"].items()
        assert not TOPICS[topic].schema["properties"].keys() & {"entry", "time"}
        assert "](" not in schema["description"]


@pytest.mark.parametrize("kind", TOPIC_OF)
def test_an_entry_is_the_event_that_a_kernel_tells(audit: Audit, kind: str) -> None:
    ((name, data),) = told(audit, kind, **DETAIL[kind])
    assert name == schema_id(TOPIC_OF[kind])
    assert (data.pop("entry"), len(data.pop("time"))) == (1, 29)
    jsonschema.validate(data, dict(TOPICS[TOPIC_OF[kind]].schema))


def test_an_update_that_was_taken_back_is_told_as_that_too(audit: Audit) -> None:
    names = [name for name, _ in told(audit, "plugin-updated", **{**DETAIL["plugin-updated"], "action": "revert"})]
    assert names == [schema_id(PLUGIN_UPDATED), schema_id(PLUGIN_REVERTED)]


def test_what_is_no_event_of_the_marketplace_is_not_told(audit: Audit) -> None:
    assert told(audit, "worker-started") == []
    assert told(audit, "limit-exceeded", **DETAIL["limit-exceeded"], **{"for": "trial"}) == []
    assert told(audit, "state-restored", snapshot="a") == []
