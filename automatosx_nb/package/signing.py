"""Signing and verifying artifacts: a detached signature is a DSSE envelope in a file beside the artifact."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import msgspec

from automatosx_nb.errors import InvalidSignature, InvalidSignatureFile
from automatosx_nb.model.signatures import (
    RELEASE,
    SIGNATURE_BYTES,
    is_signed_by,
    key_id,
    pre_authentication_encoding,
    release_statement,
    unbase64,
)

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from automatosx_nb.model.keys import ReleaseSignature
    from automatosx_nb.package.artifact import Package

SIGNATURE_SUFFIX = ".sig"
"""Behind the artifact's whole name, as in ``acme.csv-doctor-1.2.0.axp.sig``."""
LONGEST = 1 << 20
"""Bytes of an envelope; the statement of an artifact with as many and as long paths as it may have fits."""


class _Signature(msgspec.Struct):
    keyid: Annotated[str, msgspec.Meta(max_length=64)]
    sig: Annotated[str, msgspec.Meta(max_length=128)]


class _Envelope(msgspec.Struct, rename={"payload_type": "payloadType"}):
    payload: str
    payload_type: str
    signatures: Annotated[list[_Signature], msgspec.Meta(min_length=1, max_length=1)]


@dataclass(frozen=True, slots=True)
class Envelope:
    """A detached signature: which key says so, of what."""

    key: str
    signature: str
    """64 bytes, base64."""
    payload: bytes


class SigningKey:
    """A private key, in memory. Its text, as ``repr`` has it, says no more than whose id it has."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = private.public_key().public_bytes_raw()
        self.id = key_id(self.public)

    @classmethod
    def new(cls) -> SigningKey:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return cls(Ed25519PrivateKey.generate())

    @property
    def public_text(self) -> str:
        return base64.b64encode(self.public).decode()

    def sign(self, kind: str, payload: bytes) -> str:
        """64 bytes, base64."""
        return base64.b64encode(self._private.sign(pre_authentication_encoding(kind, payload))).decode()

    def private_text(self, passphrase: str = "") -> bytes:
        """PKCS #8 (RFC 5958), PEM; encrypted where there is a passphrase."""
        from cryptography.hazmat.primitives.serialization import (
            BestAvailableEncryption,
            Encoding,
            KeySerializationEncryption,
            NoEncryption,
            PrivateFormat,
        )

        how: KeySerializationEncryption = NoEncryption()
        if passphrase:
            how = BestAvailableEncryption(passphrase.encode())
        return self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)

    def __repr__(self) -> str:
        return f"SigningKey({self.id[:16]}…)"


def signature_path(artifact: Path) -> Path:
    """Where an artifact's detached signature lies."""
    return artifact.with_name(artifact.name + SIGNATURE_SUFFIX)


def statement(package: Package) -> bytes:
    """What a signature of ``package`` says: its id, version and digest, and the digest of each of its files."""
    files = {path: hashlib.sha256(content).hexdigest() for path, content in package.files.items()}
    manifest = package.manifest
    return release_statement(manifest.id, str(manifest.version), package.sha256, package.size, files)


def sign(package: Package, key: SigningKey) -> bytes:
    """A detached signature: a DSSE envelope, as JSON."""
    payload = statement(package)
    signature = _Signature(key.id, key.sign(RELEASE, payload))
    return msgspec.json.encode(_Envelope(base64.b64encode(payload).decode(), RELEASE, [signature])) + b"\n"


def read_signature(data: bytes, *, name: str = "signature") -> Envelope:
    """What a detached signature says, without believing it.

    :raises InvalidSignatureFile: it is none.
    """
    if len(data) > LONGEST:
        raise InvalidSignatureFile(name, f"it is longer than {LONGEST} bytes")
    try:
        found = msgspec.json.decode(data, type=_Envelope)
        payload = base64.b64decode(found.payload, validate=True)
    except (msgspec.MsgspecError, binascii.Error, ValueError) as error:
        raise InvalidSignatureFile(name, f"it is no DSSE envelope ({str(error)[:200].rstrip('.')})") from error
    if found.payload_type != RELEASE:
        raise InvalidSignatureFile(name, f"it signs a {found.payload_type[:80]!r}, and no release")
    (signature,) = found.signatures
    if unbase64(signature.sig, SIGNATURE_BYTES) is None:
        raise InvalidSignatureFile(name, "its signature is not 64 bytes in base64")
    return Envelope(signature.keyid, signature.sig, payload)


def verify_envelope(package: Package, envelope: Envelope, public: str) -> None:
    """:raises InvalidSignature: it is of another artifact, or not by that key."""
    stated = statement(package)
    if envelope.payload != stated:
        raise _invalid(package, "it was made for another artifact")
    _verify(package, stated, envelope.key, public, envelope.signature)


def verify_release(package: Package, signed: ReleaseSignature) -> None:
    """:raises InvalidSignature: ``signed`` is not that key's signature of this very artifact."""
    _verify(package, statement(package), signed.key, signed.public, signed.signature)


def _verify(package: Package, stated: bytes, key: str, public: str, signature: str) -> None:
    raw = unbase64(public, 32)
    if raw is None or key_id(raw) != key:
        raise _invalid(package, f"the key {key[:16]}… is not the one that was sent for it")
    if not is_signed_by(public, RELEASE, stated, signature):
        raise _invalid(package, f"it is not the signature of key {key[:16]}… on these files")


def _invalid(package: Package, reason: str) -> InvalidSignature:
    return InvalidSignature(package.manifest.id, str(package.manifest.version), reason)
