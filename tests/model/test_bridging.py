"""What crosses between buses and a server's event system, and under which names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automatosx_nb.model.bridging import OURS, SERVER, BridgePolicy, server_topic
from automatosx_nb.model.events.topics import check_topic


@pytest.mark.parametrize(
    ("schema", "topic"),
    [
        (
            "https://events.jupyter.org/jupyter_server/contents_service/v1",
            "server.events.jupyter.org.jupyter-server.contents-service.v1",
        ),
        ("urn:Acme:Access_Log:v2", "server.acme.access-log.v2"),
        ("plain", "server.plain"),
        ("urn:automatosx_nb:bus_event:v1", None),
        ("urn:automatosx_nb:marketplace.plugin.updated:v1", None),
        ("https://", None),
        ("urn:" + "x" * 200, None),
    ],
)
def test_a_servers_topic_is_its_schemas_id_and_ours_have_none(schema: str, topic: str | None) -> None:
    assert server_topic(schema) == topic


@given(st.text(max_size=300))
def test_whatever_a_schema_is_called_its_topic_is_one_or_there_is_none(schema: str) -> None:
    topic = server_topic(schema)
    assert topic is None or (topic.startswith(SERVER) and check_topic(topic) == topic)


def test_what_came_from_a_server_never_goes_to_one_and_nothing_else_comes_down() -> None:
    policy = BridgePolicy(("**",), ("**", "server.**"))
    assert policy.goes_up("user.go") == "**"
    assert policy.goes_up("server.acme.v1") is None
    assert policy.comes_down("server.acme.v1")
    assert not policy.comes_down("user.go")
    assert OURS.startswith("urn:")


def test_nothing_crosses_by_default() -> None:
    assert BridgePolicy().goes_up("user.go") is None
    assert not BridgePolicy().comes_down("server.acme.v1")


def test_of_several_patterns_the_first_counts() -> None:
    policy = BridgePolicy(("user.*", "user.go"))
    assert policy.goes_up("user.go") == "user.*"
    assert policy.goes_up("kernel.idle") is None
