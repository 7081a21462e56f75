"""A registry refuses a release that takes no longer what users of the one before it set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from automatosx_nb.errors import PublishRefused

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from tests.conftest import MakePlugin

ROWS = '[contributes.settings.rows]\ntype = "integer"\ndefault = 5\nmaximum = {most}\n'
MODE = '[contributes.settings.mode]\ntype = "string"\nenum = [{words}]\ndefault = "a"\n'


def test_a_setting_changes_with_the_major_version_only(market: Marketplace, make_plugin: MakePlugin) -> None:
    def publish(version: str, extra: str) -> bool:
        return market.publish(make_plugin("acme.set", version, extra=extra)).created

    assert publish("1.0.0", ROWS.format(most=100) + MODE.format(words='"a", "b"'))
    with pytest.raises(PublishRefused) as caught:
        publish("1.1.0", ROWS.format(most=10))
    found = [each for each in caught.value.checks if each.check == "settings"]
    assert [(each.severity, each.file) for each in found] == [("error", "plugin.toml")] * 2
    assert "the setting 'rows' breaks those who set it as of 1.0.0 (value: 'maximum' is 100" in found[0].message
    assert "the setting 'mode' breaks those who set it as of 1.0.0 (it is declared no longer)" in found[1].message
    assert found[1].message.endswith("raise the major version, or keep it as it was")
    assert publish("1.1.1", ROWS.format(most=1000) + MODE.format(words='"a", "b", "c"')), "more is taken than before"
    assert publish("2.0.0", ROWS.format(most=10))


def test_what_follows_no_release_breaks_nobody(market: Marketplace, make_plugin: MakePlugin) -> None:
    assert market.publish(make_plugin("acme.set", "0.2.0", extra=ROWS.format(most=100))).created
    assert market.publish(make_plugin("acme.set", "0.3.0")).created
    assert market.publish(make_plugin("acme.set", "0.3.1-rc.1", extra=ROWS.format(most=1000))).created
