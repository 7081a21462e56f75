"""Detached signatures of real artifacts, and the folder in which a person's keys lie."""

from __future__ import annotations

import base64
import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automatosx_nb import package
from automatosx_nb.errors import (
    InvalidKeyFile,
    InvalidSignature,
    InvalidSignatureFile,
    KeyExists,
    KeyLocked,
    UnknownKey,
)
from automatosx_nb.model.keys import ReleaseSignature
from automatosx_nb.package import Package
from automatosx_nb.package.keyring import KeyFolder
from automatosx_nb.package.signing import SigningKey, read_signature, sign, verify_envelope, verify_release
from tests.registry.conftest import write_plugin

KEY = SigningKey.new()


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return package.read(package.build(write_plugin(tmp_path_factory.mktemp("plugin"))))


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """The same plugin and version, with one file of other content."""
    return package.read(
        package.build(write_plugin(tmp_path_factory.mktemp("other"), source="def run():\n    return 2\n"))
    )


def test_a_signature_holds_for_the_artifact_that_it_was_made_for_and_for_no_other(
    artifact: Package, changed: Package
) -> None:
    envelope = read_signature(sign(artifact, KEY))
    verify_envelope(artifact, envelope, KEY.public_text)
    with pytest.raises(InvalidSignature, match="made for another artifact"):
        verify_envelope(changed, envelope, KEY.public_text)


def test_a_signature_by_another_key_is_refused(artifact: Package) -> None:
    other = SigningKey.new()
    envelope = read_signature(sign(artifact, KEY))
    with pytest.raises(InvalidSignature, match="is not the one that was sent"):
        verify_envelope(artifact, envelope, other.public_text)
    forged = ReleaseSignature(other.id, other.public_text, envelope.signature)
    with pytest.raises(InvalidSignature, match="is not the signature of key"):
        verify_release(artifact, forged)


def test_what_a_registry_tells_of_a_signature_is_verified_against_the_bytes(
    artifact: Package, changed: Package
) -> None:
    told = ReleaseSignature(KEY.id, KEY.public_text, read_signature(sign(artifact, KEY)).signature)
    verify_release(artifact, told)
    with pytest.raises(InvalidSignature):
        verify_release(changed, told)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"payloadType": "application/vnd.in-toto+json"}, "and no release"),
        ({"signatures": []}, "no DSSE envelope"),
        ({"payload": "not base64!"}, "no DSSE envelope"),
        ({"signatures": [{"keyid": "x", "sig": "AA=="}]}, "not 64 bytes"),
        ({"signatures": [{"keyid": "x", "sig": base64.b64encode(bytes(64)).decode()}] * 2}, "no DSSE envelope"),
    ],
)
def test_what_is_no_signature_of_a_release_is_told_so(
    artifact: Package, change: dict[str, object], reason: str
) -> None:
    document = json.loads(sign(artifact, KEY)) | change
    with pytest.raises(InvalidSignatureFile, match=reason):
        read_signature(json.dumps(document).encode())


@given(st.binary(max_size=300))
def test_any_bytes_are_a_signature_or_a_clear_refusal(data: bytes) -> None:
    with pytest.raises(InvalidSignatureFile):
        read_signature(data)


def test_an_envelope_longer_than_any_artifact_needs_is_not_read() -> None:
    with pytest.raises(InvalidSignatureFile, match="longer than"):
        read_signature(b" " * ((1 << 20) + 1))


@pytest.mark.parametrize("passphrase", ["", "correct horse"])
def test_a_key_is_kept_for_its_user_alone_and_opened_again(tmp_path: Path, passphrase: str) -> None:
    folder = KeyFolder(tmp_path / "keys")
    made = folder.new("release", passphrase)
    opened = folder.open("release", lambda: passphrase)
    assert opened.id == made.id
    path = tmp_path / "keys" / "release.pem"
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    (described,) = folder.all()
    assert (described.name, described.encrypted) == ("release", bool(passphrase))
    assert described.id == made.id, "also without the passphrase"
    assert made.private_text().decode().splitlines()[1] not in repr(made)


def test_an_encrypted_key_takes_its_passphrase(tmp_path: Path) -> None:
    folder = KeyFolder(tmp_path / "keys")
    folder.new("release", "correct horse")
    with pytest.raises(KeyLocked, match="takes a passphrase"):
        folder.open("release", lambda: None)
    with pytest.raises(KeyLocked, match="does not open"):
        folder.open("release", lambda: "wrong")


def test_a_key_is_never_written_over_and_a_missing_one_is_told_with_the_nearest(tmp_path: Path) -> None:
    folder = KeyFolder(tmp_path / "keys")
    folder.new("release")
    with pytest.raises(KeyExists):
        folder.new("release")
    with pytest.raises(UnknownKey) as unknown:
        folder.open("releese", lambda: None)
    assert unknown.value.nearest == ("release",)
    for name in ("../x", "A", "", "a" * 65):
        with pytest.raises(InvalidKeyFile):
            folder.new(name)


def test_a_file_that_holds_no_such_key_is_told(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    folder = KeyFolder(tmp_path)
    (tmp_path / "noise.pem").write_bytes(b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    other = X25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "other.pem").write_bytes(other)
    for name, reason in (("noise", "no private key"), ("other", "no Ed25519 key")):
        with pytest.raises(InvalidKeyFile, match=reason):
            folder.open(name, lambda: None)
