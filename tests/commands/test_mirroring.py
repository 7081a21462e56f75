"""``mirror``, from a registry that answers over HTTP to a computer without one."""

from __future__ import annotations

import json
import shutil
import threading
from contextlib import closing
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from automatosx_nb.app import Marketplace
from automatosx_nb.commands import run
from automatosx_nb.errors import (
    InvalidConfiguration,
    MirrorDamaged,
    MirrorExpired,
    NotAMirror,
    RegistryAnswerInvalid,
    UnknownPlugin,
    UsageError,
)
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.commands.test_verbs import Console
from tests.hostile import Hostile

if TYPE_CHECKING:
    from tests.conftest import MakePlugin


class QuietFiles(SimpleHTTPRequestHandler):
    """Python's own server of files, which knows nothing of registries."""

    def log_message(self, *_args: object) -> None:
        """Not on the terminal."""


@pytest.fixture
def bundle(tmp_path: Path, home: Path, make_plugin: MakePlugin, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of ``acme.demo`` and what it requires, made over HTTP; nothing of the registry is left."""
    folder = tmp_path / "elsewhere"
    with EmbeddedRegistry(folder) as registry:
        with closing(Marketplace(registry=registry)) as market:
            market.publish(make_plugin("acme.tables", "2.1.0", magic="tables"))
            market.publish(make_plugin("acme.demo", requires={"acme.tables": "^2.0"}))
            market.publish(make_plugin("acme.other"))
        with Hostile(registry).serving() as address:
            monkeypatch.setenv("AUTOMATOSX_REGISTRY", address)
            with closing(Marketplace()) as market:
                said = ax(market, f"mirror {tmp_path / 'demo.axbundle'} acme.demo --bundle --expires 2weeks")
    assert "2 plugins, 2 releases; 2 fetched" in said
    monkeypatch.setenv("AUTOMATOSX_REGISTRY", said.rpartition("AUTOMATOSX_REGISTRY=")[2].strip())
    shutil.rmtree(folder)
    return tmp_path / "demo.axbundle"


def ax(market: Marketplace, line: str) -> str:
    return run(line.split(), lambda: market, Console())


def test_a_plugin_and_what_it_requires_are_installed_from_a_bundle_without_a_network(bundle: Path) -> None:
    with closing(Marketplace()) as market:
        assert "acme.demo" in ax(market, "search demo")
        ax(market, "install acme.demo")
        assert {each.id: each.version for each in market.installed()} == {"acme.demo": "1.0.0", "acme.tables": "2.1.0"}
        assert {each.source for each in market.installed()} == {market.registry.address}
        assert market.registry.address.startswith("http://127.0.0.1:"), "whose plugins they are"
        with pytest.raises(UnknownPlugin):
            ax(market, "info acme.other")


def test_a_bundle_that_somebody_changed_installs_nothing(bundle: Path) -> None:
    data = bundle.read_bytes()
    at = data.rindex(b"plugin.toml") - 600
    bundle.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    with closing(Marketplace()) as market:
        with pytest.raises(MirrorDamaged) as raised:
            ax(market, "install acme.demo")
        assert market.installed() == ()
    assert str(bundle) in str(raised.value)
    assert "Copy it again" in str(raised.value)


def test_another_bundle_than_the_one_that_was_named_is_not_read(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOMATOSX_REGISTRY", bundle.as_uri() + "#sha256=" + "0" * 64)
    with closing(Marketplace()) as market, pytest.raises(MirrorDamaged, match="names by its SHA-256"):
        ax(market, "search demo")


def test_an_expired_mirror_is_told_loudly_and_refused_where_policy_says_so(
    tmp_path: Path, market: Marketplace, make_plugin: MakePlugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    market.publish(make_plugin())
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    ax(market, f"mirror {tmp_path / 'old'} acme.demo")
    monkeypatch.setenv("AUTOMATOSX_REGISTRY", (tmp_path / "old").as_uri())
    with closing(Marketplace()) as offline:
        assert "has EXPIRED: it was made" in ax(offline, "install acme.demo")
    monkeypatch.setenv("AUTOMATOSX_CONFIG", json.dumps({"RegistryConnection": {"expired_mirror": "refuse"}}))
    with closing(Marketplace()) as offline, pytest.raises(MirrorExpired, match="2023-11-14"):
        ax(offline, "search demo")


def test_a_folder_behind_any_web_server_is_a_registry_too(
    market: Marketplace, make_plugin: MakePlugin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    market.publish(make_plugin("acme.tables", "2.1.0", magic="tables"))
    market.publish(make_plugin("acme.demo", requires={"acme.tables": "^2.0"}))
    pin = ax(market, f"mirror {tmp_path / 'www'} acme.demo").rpartition("#")[2].strip()
    handler = partial(QuietFiles, directory=str(tmp_path / "www"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{web.server_port}/mirror.json"
        monkeypatch.setenv("AUTOMATOSX_REGISTRY", f"{address}#{pin}")
        with closing(Marketplace()) as client:
            assert "acme.tables" in ax(client, "search tables")
            ax(client, "install acme.demo")
            assert sorted(each.id for each in client.installed()) == ["acme.demo", "acme.tables"]
            assert client.registry.address == "embedded"
        document = next(path for path in (tmp_path / "www" / "sha256").rglob("*/*") if path.read_bytes()[:1] == b"{")
        document.write_bytes(document.read_bytes() + b" ")
        with closing(Marketplace()) as client, pytest.raises(MirrorDamaged, match="damaged"):
            ax(client, "search")
        monkeypatch.setenv("AUTOMATOSX_REGISTRY", address.replace("mirror.json", "elsewhere/mirror.json"))
        with closing(Marketplace()) as client, pytest.raises(RegistryAnswerInvalid, match="404"):
            ax(client, "search")
        web.shutdown()


def test_all_of_a_registry_goes_into_a_folder_and_the_second_time_is_quick(market: Marketplace, tmp_path: Path) -> None:
    said = ax(market, f"mirror {tmp_path / 'all'} --all")
    count = market.search().total
    assert f"{count} plugins" in said
    assert f"0 fetched (0 B), {said.split(' releases')[0].split()[-1]} there before" in ax(
        market, f"mirror {tmp_path / 'all'} --all"
    )


def test_what_is_to_be_copied_has_to_be_said(market: Marketplace, tmp_path: Path) -> None:
    for line in ("", "acme.demo --all", "acme.demo --with-stages gold"):
        with pytest.raises(UsageError):
            ax(market, f"mirror {tmp_path / 'out'} {line}")
    with pytest.raises(UnknownPlugin):
        ax(market, f"mirror {tmp_path / 'out'} acme.absent")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("file:///nowhere/at/all", NotAMirror),
        ("file://host/share", InvalidConfiguration),
        ("https://host/mirror.json?x=1", InvalidConfiguration),
        ("file:///srv/mirror#sha256=short", InvalidConfiguration),
        ("file:///srv/mirror#md5=0", InvalidConfiguration),
    ],
)
def test_an_address_of_no_mirror_is_told_as_such(
    home: Path, monkeypatch: pytest.MonkeyPatch, address: str, error: type[Exception]
) -> None:
    monkeypatch.setenv("AUTOMATOSX_REGISTRY", address)
    with closing(Marketplace()) as market, pytest.raises(error):
        ax(market, "search")
