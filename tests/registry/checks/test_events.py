"""A registry refuses a release that breaks subscribers of the one before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from automatosx_nb.errors import PublishRefused

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from tests.conftest import MakePlugin

TOPIC = "plugin.acme.teller.found"
EVENT = f"""
[contributes.events."{TOPIC}"]
type = "object"
required = ["rows"]
properties = {{rows = {{type = "%s"}}}}
"""
ASKED = {f"events:publish:{TOPIC}": "Tells what it found."}


def test_an_event_changes_its_data_with_the_major_version_only(market: Marketplace, make_plugin: MakePlugin) -> None:
    market.publish(make_plugin("acme.teller", version="1.0.0", permissions=ASKED, extra=EVENT % "integer"))
    with pytest.raises(PublishRefused, match="breaks those who subscribed to it as of 1\\.0\\.0"):
        market.publish(make_plugin("acme.teller", version="1.1.0", permissions=ASKED, extra=EVENT % "string"))
    assert market.publish(
        make_plugin("acme.teller", version="1.1.1", permissions=ASKED, extra=EVENT % "integer")
    ).created
    assert market.publish(
        make_plugin("acme.teller", version="2.0.0", permissions=ASKED, extra=EVENT % "string")
    ).created
