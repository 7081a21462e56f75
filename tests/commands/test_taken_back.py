"""What verbs say of releases that their publisher or a reviewer took back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from automatosx_nb.app import Marketplace
from automatosx_nb.errors import PluginQuarantined, UnknownRelease, UsageError
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.commands.test_verbs import ax

if TYPE_CHECKING:
    from tests.conftest import MakePlugin


@pytest.fixture
def market(tmp_path: Path, home: Path, make_plugin: MakePlugin) -> Iterator[Marketplace]:
    """With ``acme.demo`` 1.1.0 and 1.2.0, in a registry without the bundled plugins."""
    with (
        EmbeddedRegistry(tmp_path / "registry") as registry,
        closing(Marketplace(tmp_path / "profile", registry)) as market,
    ):
        for version in ("1.1.0", "1.2.0"):
            market.publish(make_plugin(version=version))
        yield market


def test_an_update_away_from_a_yanked_release_says_why(market: Marketplace) -> None:
    ax(market, "install acme.demo@^1")
    ax(market, "yank acme.demo@1.2.0 --reason loses-rows")
    told = ax(market, "update --plan")
    assert "acme.demo 1.2.0 → 1.1.0  (1.2.0 was yanked: loses-rows," in told
    assert "Held back" not in told
    assert ax(market, "outdated").count("loses-rows") == 1
    assert "1.2.0 was yanked: loses-rows" in ax(market, "update")
    assert [each.version for each in market.installed()] == ["1.1.0"]


def test_an_update_that_finds_nothing_in_place_of_a_yanked_release_says_so(market: Marketplace) -> None:
    ax(market, "install acme.demo@1.2.0")
    ax(market, "yank acme.demo@1.2.0 --reason loses-rows")
    told = ax(market, "update")
    assert told.startswith("Nothing to change")
    assert "acme.demo 1.2.0 was yanked: loses-rows." in told


def test_a_yanked_release_that_is_installed_by_its_exact_version_comes_with_a_warning(market: Marketplace) -> None:
    ax(market, "yank acme.demo@1.2.0 --reason loses-rows")
    planned = json.loads(ax(market, "plan acme.demo@1.2.0 --json"))["changes"][0]
    assert planned["warnings"] == ["was yanked: loses-rows"]
    assert "    1.2.0 was yanked: loses-rows" in ax(market, "install acme.demo@1.2.0")


def test_a_release_under_an_advisory_that_is_named_exactly_comes_with_it(market: Marketplace) -> None:
    ax(market, "advisory make acme.demo@1.2.0 --severity high --summary leaks")
    assert re.search(r"    1\.2\.0 is under advisory \S+: leaks", ax(market, "plan acme.demo@1.2.0"))


def test_a_quarantined_plugin_is_said_to_be_so_and_not_unknown(market: Marketplace) -> None:
    ax(market, "quarantine acme.demo --reason steals")
    for line in ("info acme.demo", "install acme.demo", "plan acme.demo@1.1.0", "policy explain acme.demo"):
        with pytest.raises(PluginQuarantined, match=r"all of acme\.demo is quarantined: steals"):
            ax(market, line)


def test_info_shows_one_version_or_why_it_does_not(market: Marketplace) -> None:
    assert ax(market, "info acme.demo@1.1.0").startswith("acme.demo 1.1.0\n")
    assert json.loads(ax(market, "info acme.demo@1.1.0 --json"))["shown"] == "1.1.0"
    with pytest.raises(UnknownRelease, match=r"It has 1\.2\.0, 1\.1\.0\."):
        ax(market, "info acme.demo@3.0.0")
    ax(market, "quarantine acme.demo@1.1.0 --reason steals")
    with pytest.raises(PluginQuarantined, match=r"acme\.demo 1\.1\.0 is quarantined: steals"):
        ax(market, "info acme.demo@1.1.0")


def test_info_shows_who_signed_a_release_and_what_became_of_that_key(
    market: Marketplace, make_plugin: MakePlugin, tmp_path: Path
) -> None:
    ax(market, "key new release --no-passphrase")
    ax(market, "key register acme release")
    (key,) = json.loads(ax(market, "key list acme --json"))["keys"]
    ax(market, f"pack {make_plugin(version='1.3.0')} -o {tmp_path}")
    ax(market, f"sign {tmp_path / 'acme.demo-1.3.0.axp'}")
    ax(market, f"publish {tmp_path / 'acme.demo-1.3.0.axp'}")
    signed = json.loads(ax(market, "info acme.demo --json"))["releases"][0]["signature"]["signed"]
    by = f"signature      by key {key['id'][:16]} (release) on {signed[:10]}; that key is in use"
    assert by in ax(market, "info acme.demo")
    assert "signature      none that counts\n" in ax(market, "info acme.demo@1.2.0")
    ax(market, "key revoke acme release --since 2026-01-02 --reason stolen")
    told = ax(market, "info acme.demo")
    assert f"signature      none that counts: key {key['id'][:16]} (release) is revoked, from 2026-01-02" in told
    assert "on: stolen" in told


def test_a_key_that_was_revoked_is_told_of_what_is_installed(
    market: Marketplace, make_plugin: MakePlugin, tmp_path: Path
) -> None:
    ax(market, "key new release --no-passphrase")
    ax(market, "key register acme release")
    ax(market, f"pack {make_plugin(version='1.3.0')} -o {tmp_path}")
    ax(market, f"sign {tmp_path / 'acme.demo-1.3.0.axp'}")
    ax(market, f"publish {tmp_path / 'acme.demo-1.3.0.axp'}")
    ax(market, "install acme.demo")
    assert "signature" not in ax(market, "list")
    ax(market, "key revoke acme release --since 2026-01-02 --reason stolen")
    for line in ("list", "outdated", "doctor"):
        told = " ".join(ax(market, line).split())
        assert "has a signature that counts no longer: key" in told, line
        assert "stolen" in told, line
    assert [each["kind"] for each in json.loads(ax(market, "doctor --json"))["flags"]] == ["signature"]


def test_the_record_says_that_something_was_taken_back(market: Marketplace) -> None:
    ax(market, "yank acme.demo@1.2.0 --reason loses-rows")
    ax(market, "yank acme.demo@1.2.0 --undo")
    told = ax(market, "registry log acme.demo")
    assert re.findall(r"acme\.demo 1\.2\.0 +(.*)", told)[:2] == ["taken back", "reason: loses-rows"]


def test_what_scripts_call_answers_in_json(market: Marketplace, tmp_path: Path) -> None:
    def said(line: str) -> Any:
        return json.loads(ax(market, f"{line} --json"))

    made = said(f"new acme.tidy {tmp_path / 'tidy'}")
    assert (made["id"], made["version"], made["folder"]) == ("acme.tidy", "0.1.0", str(tmp_path / "tidy"))
    packed = said(f"pack {tmp_path / 'tidy'} -o {tmp_path}")
    assert {*packed} == {"id", "version", "path", "sha256", "size"}
    assert Path(packed["path"]).stat().st_size == packed["size"]
    ax(market, "key new release --no-passphrase")
    ax(market, "key register acme release")
    assert {*said(f"sign {packed['path']}")} == {"path", "key"}
    published = said(f"publish {packed['path']} --stage beta")
    assert (published["sha256"], published["stage"], published["created"]) == (packed["sha256"], "beta", True)
    assert said("promote acme.tidy@0.1.0")["stage"] == "stable"
    assert said("install acme.tidy")["plan"]["changes"][0]["new"] == "0.1.0"
    assert said("update")["plan"]["changes"] == []
    assert said("remove acme.tidy")["generation"] == 2
    assert [said(verb)["generation"] for verb in ("undo", "rollback")] == [3, 4]
    assert said("yank acme.demo@1.2.0 --undo") == {"id": "acme.demo", "version": "1.2.0", "reason": None}
    assert said("deprecate acme.demo --reason old")["reason"] == "old"
    assert said("quarantine acme.demo@1.1.0 --reason bad")["version"] == "1.1.0"
    copied = said(f"mirror {tmp_path / 'copy'} --bundle acme.tidy")
    assert copied["address"] == f"{(tmp_path / 'copy').as_uri()}#sha256={copied['sha256']}"


@pytest.mark.parametrize(
    "line", ["mirror {} --bundle acme.demo", "token new --scope read ci", "member add acme --owner ann"]
)
def test_options_stand_anywhere_among_the_words(market: Marketplace, tmp_path: Path, line: str) -> None:
    ax(market, line.format(tmp_path / "copy"))


def test_trust_without_the_plugin_that_it_is_for_is_refused(market: Marketplace) -> None:
    with pytest.raises(UsageError, match="--trust is for plugins that are named"):
        ax(market, "update --trust acme.demo")
