"""Limits of requests and of calls a second, from configuration to where they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from traitlets.config import Config

from automatosx_nb.app import Marketplace
from automatosx_nb.config import load_settings
from automatosx_nb.config.calls import CallLimits, CallRates, HttpLimits
from automatosx_nb.errors import CallsTooFast, InvalidConfiguration, TransferTooLarge
from automatosx_nb.home import notebooks_folder
from automatosx_nb.host.assembly import make_broker
from automatosx_nb.host.bus import Bus
from automatosx_nb.host.capabilities.log import LogCapability
from automatosx_nb.host.errands import Asking
from automatosx_nb.host.incidents import Incidents
from automatosx_nb.host.metering import RATES
from tests.no_failure import no_failure

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MakePlugin


def test_what_nobody_configured_is_what_is_built_in(home: Path) -> None:
    assert load_settings().calls == CallLimits()
    assert dict(load_settings().calls.rates) == dict(RATES)


def test_every_capability_that_has_a_rate_has_its_two_settings() -> None:
    names = {f"{name}_{kind}" for name in RATES for kind in ("per_s", "burst")}
    assert set(CallRates.class_own_traits(config=True)) == names


@pytest.mark.parametrize(
    ("configurable", "setting", "value"),
    [
        (HttpLimits, "request_mb", 16),
        (HttpLimits, "total_s", 0),
        (HttpLimits, "redirects", -1),
        (CallRates, "http_per_s", 0),
        (CallRates, "http_burst", 0),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_name(home: Path, configurable: type, setting: str, value: float) -> None:
    config = Config({configurable.__name__: {setting: value}})
    with pytest.raises(InvalidConfiguration, match=f"(?s){configurable.__name__}.*{setting}"):
        load_settings(config)


def test_what_the_system_locked_only_falls(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jupyter_core.paths.SYSTEM_CONFIG_PATH", [str(tmp_path)])
    (tmp_path / "automatosx_config.py").write_text(
        "c.HttpLimits.total_s = 20\nc.CallRates.http_burst = 30\nc.SettingLocks.locked = ['HttpLimits', 'CallRates']\n"
    )
    looser = {"HttpLimits": {"total_s": 40.0, "redirects": 9}, "CallRates": {"http_burst": 40, "files_per_s": 900.0}}
    calls = load_settings(Config(looser)).calls
    assert (calls.http.total_s, calls.http.redirects) == (20, 5)
    assert (calls.rates["http"].burst, calls.rates["files"].per_s) == (30, 200)
    stricter = {"HttpLimits": {"total_s": 10.0}, "CallRates": {"http_burst": 3}}
    calls = load_settings(Config(stricter)).calls
    assert (calls.http.total_s, calls.rates["http"].burst) == (10, 3)


def test_a_projects_file_cannot_raise_them(home: Path, tmp_path: Path) -> None:
    (tmp_path / ".automatosx").mkdir()
    (tmp_path / ".automatosx" / "config.toml").write_text("[CallRates]\nhttp_burst = 500\nsecrets_burst = 2\n")
    rates = load_settings(project=tmp_path).calls.rates
    assert (rates["http"].burst, rates["secrets"].burst) == (50, 2)


def test_they_hold_for_an_installed_plugin(home: Path, make_plugin: MakePlugin) -> None:
    network = "network:api.example.org:POST"
    market = Marketplace(
        config=Config({"HttpLimits": {"request_mb": 1}, "CallRates": {"settings_burst": 2, "settings_per_s": 0.01}})
    )
    setting = "[contributes.settings.rows]\ntype = 'integer'\ndefault = 1\n"
    market.publish(make_plugin(permissions={network: "To ask."}, extra=setting))
    market.install("acme.demo", grant=[network])
    broker = _broker(market)
    asked: list[Any] = ["POST", "https://api.example.org/", {}, bytes(2 << 20), 5]
    with pytest.raises(TransferTooLarge, match="1 MiB"):
        broker.ask("http", "request", asked)
    assert [broker.ask("settings", "get", ["rows"]) for _ in range(2)] == [1, 1]
    with pytest.raises(CallsTooFast):
        broker.ask("settings", "get", ["rows"])
    broker.close()
    market.close()


def _broker(market: Marketplace) -> Any:
    (entry,) = market.installed()
    incidents = Incidents(entry, market.audit, Bus(no_failure), no_failure)
    return make_broker(
        market, entry, LogCapability(), notebooks_folder(), dict, Bus(no_failure), incidents, Asking(None)
    )
