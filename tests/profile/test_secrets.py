"""Secrets lie encrypted or in a keyring, come back to the plugin they are for, and show up nowhere else."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from automatosx_nb.errors import AutomatosxError, SecretsUnavailable
from automatosx_nb.profile.secrets import PASSPHRASE_VARIABLE, SecretName, Secrets, open_secrets

VALUE = "s3cr3t-välue"


class MemoryKeyring:
    """A keyring as ``keyring`` has them."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        self._check()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._check(password)
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._check()
        del self.kept[service, username]

    def _check(self, password: str = "") -> None:
        if self.locked:
            raise RuntimeError(f"locked, and not told {password}")


def in_file(tmp_path: Path, passphrase: str | None = None) -> Secrets:
    return Secrets(tmp_path / "profile", tmp_path / "key", keyring=False, passphrase=passphrase)


def all_bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("passphrase", [None, "correct horse"])
def test_a_secret_comes_back_and_lies_nowhere_in_clear(tmp_path: Path, passphrase: str | None) -> None:
    assert in_file(tmp_path, passphrase).put("acme.demo", "token", VALUE) == "file"
    again = in_file(tmp_path, passphrase)
    assert again.get("acme.demo", "token") == VALUE
    assert again.get("acme.other", "token") is None
    assert again.get("acme.demo", "other") is None
    assert again.names() == (SecretName("acme.demo", "token", "file"),)
    assert VALUE.encode() not in all_bytes(tmp_path)
    assert VALUE not in repr(again) + repr(again.names())
    assert (tmp_path / "key").exists() is (passphrase is None)
    for path in (tmp_path / "profile" / "secrets.json", *tmp_path.glob("key")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_another_value_takes_its_place_and_a_removed_one_is_gone(tmp_path: Path) -> None:
    secrets = in_file(tmp_path)
    secrets.put("acme.demo", "token", "old")
    secrets.put("acme.demo", "token", "new")
    secrets.put("acme.other", "token", "other")
    assert secrets.get("acme.demo", "token") == "new"
    assert secrets.remove("acme.demo", "token")
    assert not secrets.remove("acme.demo", "token")
    assert secrets.get("acme.demo", "token") is None
    assert secrets.names("acme.other") == (SecretName("acme.other", "token", "file"),)


def test_another_passphrase_and_a_changed_or_moved_value_are_refused(tmp_path: Path) -> None:
    in_file(tmp_path, "one").put("acme.demo", "token", VALUE)
    with pytest.raises(SecretsUnavailable, match="another passphrase"):
        in_file(tmp_path, "two").get("acme.demo", "token")
    path = tmp_path / "profile" / "secrets.json"
    document = json.loads(path.read_text())
    document["secrets"]["acme.evil/token"] = document["secrets"]["acme.demo/token"]
    path.write_text(json.dumps(document))
    assert in_file(tmp_path, "one").get("acme.demo", "token") == VALUE
    with pytest.raises(SecretsUnavailable, match="changed since"):
        in_file(tmp_path, "one").get("acme.evil", "token")


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX's")
def test_a_key_file_that_others_can_read_or_that_is_gone_is_not_used(tmp_path: Path) -> None:
    in_file(tmp_path).put("acme.demo", "token", VALUE)
    (tmp_path / "key").chmod(0o644)
    with pytest.raises(SecretsUnavailable, match="chmod 600"):
        in_file(tmp_path).get("acme.demo", "token")
    (tmp_path / "key").unlink()
    with pytest.raises(SecretsUnavailable, match="key file"):
        in_file(tmp_path).get("acme.demo", "token")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"secrets": {"a": {}}}', '{"secrets": {"a/b": {"kept-in": "x"}}}'])
def test_a_damaged_file_stops_everything_and_is_not_overwritten(tmp_path: Path, text: str) -> None:
    path = tmp_path / "profile" / "secrets.json"
    path.parent.mkdir()
    path.write_text(text)
    secrets = in_file(tmp_path)
    for use, args in ((secrets.names, ()), (secrets.get, ("a", "b")), (secrets.put, ("a", "b", "c"))):
        with pytest.raises(SecretsUnavailable, match="damaged"):
            use(*args)
    assert path.read_text() == text


@pytest.mark.parametrize("value", ["", "x" * ((64 << 10) + 1)])
def test_a_value_has_its_bounds(tmp_path: Path, value: str) -> None:
    with pytest.raises(ValueError, match="64 KiB"):
        in_file(tmp_path).put("acme.demo", "token", value)


def test_a_keyring_keeps_the_value_and_the_profile_the_name(tmp_path: Path) -> None:
    keyring = MemoryKeyring()
    secrets = Secrets(tmp_path / "profile", tmp_path / "key", keyring=keyring)
    assert secrets.put("acme.demo", "token", VALUE) == "keyring"
    assert secrets.get("acme.demo", "token") == VALUE
    assert not (tmp_path / "key").exists()
    assert VALUE.encode() not in all_bytes(tmp_path)
    keyring.locked = True
    for use, args in ((secrets.get, ()), (secrets.put, (VALUE,))):
        with pytest.raises(SecretsUnavailable) as caught:
            use("acme.demo", "token", *args)
        assert VALUE not in str(caught.value)
        assert caught.value.__cause__ is None
    keyring.locked = False
    assert secrets.remove("acme.demo", "token")
    assert keyring.kept == {}


def test_what_a_keyring_keeps_cannot_be_read_without_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    Secrets(tmp_path / "profile", tmp_path / "key", keyring=MemoryKeyring()).put("acme.demo", "token", VALUE)
    with pytest.raises(SecretsUnavailable, match="keyring"):
        in_file(tmp_path).get("acme.demo", "token")


def test_a_passphrase_of_the_environment_is_used_in_place_of_a_keyring(tmp_path: Path) -> None:
    secrets = open_secrets(tmp_path / "profile", tmp_path / "key", {PASSPHRASE_VARIABLE: "correct horse"})
    assert secrets.put("acme.demo", "token", VALUE) == "file"
    assert in_file(tmp_path, "correct horse").get("acme.demo", "token") == VALUE


@pytest.mark.parametrize(("priority", "module", "place"), [(5, "acme.rings", "keyring"), (0.5, "acme.rings", "file"),
                                                           (5, "keyrings.alt.file", "file")])  # fmt: skip
def test_a_keyring_of_the_system_is_used_where_it_encrypts(
    tmp_path: Path, priority: float, module: str, place: str
) -> None:
    keyring = pytest.importorskip("keyring")
    before = keyring.get_keyring()
    memory = MemoryKeyring()

    parent: Any = keyring.backend.KeyringBackend

    class Ring(parent):  # type: ignore[misc]
        def get_password(self, service: str, username: str) -> str | None:
            return memory.get_password(service, username)

        def set_password(self, service: str, username: str, password: str) -> None:
            memory.set_password(service, username, password)

        def delete_password(self, service: str, username: str) -> None:
            memory.delete_password(service, username)

    Ring.priority, Ring.__module__ = priority, module
    keyring.set_keyring(Ring())
    try:
        secrets = open_secrets(tmp_path / "profile", tmp_path / "key", {})
        assert secrets.put("acme.demo", "token", VALUE) == place
        assert secrets.get("acme.demo", "token") == VALUE
        assert bool(memory.kept) is (place == "keyring")
    finally:
        keyring.set_keyring(before)


def test_what_the_keyring_does_not_let_go_of_keeps_its_name_and_is_removed_when_it_does(tmp_path: Path) -> None:
    keyring = MemoryKeyring()
    secrets = Secrets(tmp_path / "profile", tmp_path / "key", keyring=keyring)
    secrets.put("acme.demo", "token", VALUE)
    keyring.locked = True
    with pytest.raises(SecretsUnavailable):
        secrets.remove("acme.demo", "token")
    keyring.locked = False
    assert secrets.names() == (SecretName("acme.demo", "token", "keyring"),)
    assert secrets.remove("acme.demo", "token")
    assert not keyring.kept
    secrets.put("acme.demo", "token", VALUE)
    keyring.kept.clear()
    assert secrets.remove("acme.demo", "token"), "somebody removed it in the keyring itself"


def test_a_key_that_cannot_be_made_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "key.lock").mkdir()
    with pytest.raises(AutomatosxError, match=r"key\.lock"):
        in_file(tmp_path).put("acme.demo", "token", VALUE)
