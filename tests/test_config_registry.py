"""Which registry is asked is decided by whoever runs the notebook, or by an administrator, and by no cloned folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from traitlets.config import Config

from automatosx_nb.app import Marketplace
from automatosx_nb.config import load_settings
from automatosx_nb.errors import InvalidConfiguration

OURS, THEIRS = "https://ours.example.org/automatosx", "https://theirs.example.org/automatosx"


def configured(**settings: Any) -> Config:
    return Config({"RegistryConnection": settings})


def test_without_a_word_it_is_the_one_of_this_computer(home: Path) -> None:
    assert load_settings().registry.address == ""


def test_the_variable_comes_after_every_configuration(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings(configured(address=OURS)).registry.address == OURS
    monkeypatch.setenv("AUTOMATOSX_REGISTRY", THEIRS)
    assert load_settings(configured(address=OURS)).registry.address == THEIRS


def test_the_variable_names_one_or_several_and_all_of_them(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    several = configured(address=OURS, further=[THEIRS, "embedded"])
    assert load_settings(several).registry.further == (THEIRS, "embedded")
    monkeypatch.setenv("AUTOMATOSX_REGISTRY", THEIRS)
    assert load_settings(several).registry.further == ()
    monkeypatch.setenv("AUTOMATOSX_REGISTRY", f" {THEIRS}  embedded {OURS} ")
    found = load_settings(several).registry
    assert (found.address, found.further) == (THEIRS, ("embedded", OURS))
    monkeypatch.setenv("AUTOMATOSX_REGISTRY", f"file:///srv/a mirror {OURS}")
    found = load_settings(several).registry
    assert (found.address, found.further) == ("file:///srv/a mirror", (OURS,))


def test_what_is_locked_no_variable_changes(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOMATOSX_REGISTRY", THEIRS)
    locked = Config({"RegistryConnection": {"address": OURS}, "SettingLocks": {"locked": ["RegistryConnection"]}})
    assert load_settings(locked).registry.address == OURS


def test_a_projects_file_names_neither_a_registry_nor_mirrors(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cloned" / ".automatosx"
    folder.mkdir(parents=True)
    lists = f'mirrors = ["{THEIRS}"]\nfurther = ["{THEIRS}"]\n'
    text = f'[RegistryConnection]\naddress = "{THEIRS}"\n{lists}ca_file = "x.pem"\n'
    (folder / "config.toml").write_text(text)
    found = load_settings(configured(mirrors=[OURS]), project=folder.parent).registry
    assert (found.address, found.mirrors, found.further, found.ca_file) == ("", (OURS,), (), "")


@pytest.mark.parametrize(
    "settings",
    [
        {"address": "ours"},
        {"mirrors": ["ftp://a.b"]},
        {"further": ["bundled"]},
        {"address": "https://a:b@c.d"},
        {"tries": 0},
    ],
)
def test_what_is_no_setting_is_refused(home: Path, settings: dict[str, Any]) -> None:
    with pytest.raises(InvalidConfiguration, match="RegistryConnection"):
        load_settings(configured(**settings))


def test_a_token_file_that_is_missing_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOMATOSX_REGISTRY", OURS)
    monkeypatch.setenv("AUTOMATOSX_REGISTRY_TOKEN_FILE", str(home / "missing"))
    with pytest.raises(InvalidConfiguration, match="AUTOMATOSX_REGISTRY_TOKEN_FILE"):
        Marketplace().search("csv")


def test_the_path_of_a_mirror_is_its_address(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pin = "#sha256=" + "0" * 64
    for written, path in (
        ("./mirror", tmp_path / "mirror"),
        ("../a mirror", tmp_path.parent / "a mirror"),
        (str(tmp_path / "b"), tmp_path / "b"),
        ("demo.axbundle", tmp_path / "demo.axbundle"),
        ("~/demo.axbundle", Path.home() / "demo.axbundle"),
    ):
        monkeypatch.setenv("AUTOMATOSX_REGISTRY", written + pin)
        assert load_settings().registry.address == path.as_uri() + pin
    monkeypatch.setenv("AUTOMATOSX_REGISTRY", f"{OURS} ./mirror embedded")
    assert load_settings().registry.further == ((tmp_path / "mirror").as_uri(), "embedded")


def test_this_computers_registry_has_a_name(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOMATOSX_REGISTRY", "embedded")
    assert load_settings(configured(address=OURS)).registry.address == ""


@pytest.mark.parametrize("written", ["127.0.0.1:8899/automatosx", "mirror"])
def test_an_address_without_its_beginning_is_told_what_it_lacks(
    home: Path, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    monkeypatch.setenv("AUTOMATOSX_REGISTRY", written)
    with pytest.raises(InvalidConfiguration, match="write https:// or http:// and a host, or 'embedded'"):
        load_settings()
