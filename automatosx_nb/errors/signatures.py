"""Keys, and what is signed with them."""

from __future__ import annotations

from typing import ClassVar

from automatosx_nb.errors.root import UserError, did_you_mean


class InvalidSignature(UserError):
    """``reason`` continues 'its signature is worth nothing:'."""

    code: ClassVar[str] = "invalid-signature"
    plugin: str
    version: str
    reason: str

    def problem(self) -> str:
        return f"{self.plugin} {self.version} is not what its publisher signed: {self.reason}."

    def next_step(self) -> str:
        return "Nothing was changed. Do not use it: tell the registry's administrator and the plugin's publisher."


class InvalidSignatureFile(UserError, ValueError):
    """``reason`` says what is wrong with what was to be a detached signature."""

    code: ClassVar[str] = "invalid-signature-file"
    name: str
    reason: str

    def problem(self) -> str:
        return f"{self.name} is no signature of an artifact: {self.reason}."

    def next_step(self) -> str:
        return "Make it anew: %ax sign ARTIFACT."


class InvalidKeyFile(UserError, ValueError):
    code: ClassVar[str] = "invalid-key-file"
    name: str
    reason: str

    def problem(self) -> str:
        return f"the key {self.name!r} cannot be used: {self.reason}."

    def next_step(self) -> str:
        return "Make another one: %ax key new NAME."


class KeyExists(UserError):
    """A private key is never written over: what it signed could not be signed again."""

    code: ClassVar[str] = "key-exists"
    name: str

    def problem(self) -> str:
        return f"you have a key {self.name!r} already. Nothing was changed."

    def next_step(self) -> str:
        return "Choose another name; %ax key list shows those that you have."


class KeyLocked(UserError):
    """``reason`` continues 'the key'."""

    code: ClassVar[str] = "key-locked"
    name: str
    reason: str

    def problem(self) -> str:
        return f"the key {self.name!r} {self.reason}."

    def next_step(self) -> str:
        return "Type its passphrase in a terminal, or put it into the variable AUTOMATOSX_KEY_PASSPHRASE."


class UnknownKey(UserError, LookupError):
    """``key`` is a key's name on this computer, or its id in a registry."""

    code: ClassVar[str] = "unknown-key"
    key: str
    nearest: tuple[str, ...] = ()

    def problem(self) -> str:
        return f"there is no key {self.key!r}."

    def next_step(self) -> str:
        return did_you_mean(self.nearest, "See which there are: %ax key list.")


class KeyRefused(UserError):
    """``reason`` continues 'the key'."""

    code: ClassVar[str] = "key-refused"
    key: str
    reason: str

    def problem(self) -> str:
        return f"the key {self.key[:16]} {self.reason}. Nothing was changed."

    def next_step(self) -> str:
        return "docs/signatures.md says how a key is registered, rotated and revoked."


class SignatureRequired(UserError):
    """This registry takes releases with a signature only."""

    code: ClassVar[str] = "signature-required"
    plugin: str
    version: str

    def problem(self) -> str:
        return f"{self.plugin} {self.version} is not signed, and this registry takes what is. Nothing was published."

    def next_step(self) -> str:
        return (
            "Publish an artifact with its signature beside it: %ax pack FOLDER, and %ax sign ARTIFACT with a key that "
            "its publisher registered. A folder has none."
        )
