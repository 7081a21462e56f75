"""Configuration: files, the running application, and what cannot be read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from traitlets.config import Config

from automatosx_nb.config import load_settings
from automatosx_nb.errors import InvalidConfiguration
from automatosx_nb.model.bridging import BridgePolicy
from automatosx_nb.sandbox.limits import Limits


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Jupyter configuration folder that nobody else writes to."""
    folder = tmp_path / "config"
    folder.mkdir()
    monkeypatch.delenv("JUPYTER_NO_CONFIG", raising=False)
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(folder))
    return folder


def test_without_any_configuration_the_defaults_hold(folder: Path) -> None:
    settings = load_settings()
    assert settings.limits == Limits()
    assert settings.required_layers == ()


def test_files_are_read_and_the_application_decides_where_both_speak(folder: Path) -> None:
    (folder / "automatosx_config.json").write_text(json.dumps({"SandboxLimits": {"memory_mb": 300, "cpu_s": 7}}))
    (folder / "automatosx_config.py").write_text("c.SandboxPolicy.require = ['landlock']\n")
    running = Config()
    running.SandboxLimits.memory_mb = 400
    settings = load_settings(running)
    assert (settings.limits.memory_mb, settings.limits.cpu_s) == (400, 7)
    assert settings.required_layers == ("landlock",)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("automatosx_config.json", "{", "automatosx_config.json"),
        ("automatosx_config.py", "c.SandboxLimits.memory_mb = = 3", "automatosx_config.py"),
        ("automatosx_config.py", "c.SandboxLimits.memory_mb = 'much'", "c.SandboxLimits"),
        ("automatosx_config.py", "c.SandboxLimits.memory = 3", "there is no setting memory"),
        ("automatosx_config.py", "c.SandboxPolcy.require = ['landlock']", "did you mean c.SandboxPolicy?"),
        ("automatosx_config.json", '{"SandboxLimit": {"memory_mb": 3}}', "did you mean c.SandboxLimits?"),
        ("automatosx_config.py", "c.SandboxLimits.memory_mb = -1", "c.SandboxLimits"),
        ("automatosx_config.py", "c.SandboxLimits.wall_s = 0", "c.SandboxLimits"),
    ],
)
def test_what_cannot_be_read_stops_everything_and_says_where(folder: Path, name: str, text: str, told: str) -> None:
    (folder / name).write_text(text)
    with pytest.raises(InvalidConfiguration) as caught:
        load_settings()
    assert told in str(caught.value)


def test_a_required_layer_that_is_missing_stops_plugins(home: Path, folder: Path) -> None:
    from automatosx_nb.app import Marketplace
    from automatosx_nb.errors import SandboxUnavailable

    (folder / "automatosx_config.json").write_text(json.dumps({"SandboxPolicy": {"require": ["moat"]}}))
    market = Marketplace()
    with pytest.raises(SandboxUnavailable) as caught:
        market.install("automatosx.data-profiler", grant=["modules:pyarrow"])
    assert "moat" in str(caught.value)
    assert market.installed() == ()
    market.close()


def test_a_projects_file_lets_no_event_cross_that_nobody_else_does(home: Path, tmp_path: Path) -> None:
    (tmp_path / ".automatosx").mkdir()
    (tmp_path / ".automatosx" / "config.toml").write_text(
        '[BusPolicy]\nto_server = ["kernel.**"]\nfrom_server = ["server.acme.v1"]\n'
    )
    assert load_settings(project=tmp_path).bridge == BridgePolicy()
    # the application's configuration comes later than the project's, and decides
    config = Config({"BusPolicy": {"to_server": ["kernel.**", "user.**"]}})
    assert load_settings(config, project=tmp_path).bridge == BridgePolicy(("kernel.**", "user.**"))


@pytest.mark.parametrize(
    ("setting", "text", "told"), [("to_server", "kernel..x", "kernel..x"), ("from_server", "kernel.idle", "server")]
)
def test_a_topic_that_cannot_cross_is_refused_by_its_setting(home: Path, setting: str, text: str, told: str) -> None:
    with pytest.raises(InvalidConfiguration, match=f"(?s){setting}.*{told}"):
        load_settings(Config({"BusPolicy": {setting: [text]}}))
