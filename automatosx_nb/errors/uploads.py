"""Artifacts on their way into a registry."""

from __future__ import annotations

from typing import ClassVar

from automatosx_nb.errors.root import UserError


class UnknownUpload(UserError, LookupError):
    """There is none of that id, or it is somebody else's: nobody learns which."""

    code: ClassVar[str] = "unknown-upload"
    upload: str

    def problem(self) -> str:
        return f"there is no upload {self.upload!r} of yours."

    def next_step(self) -> str:
        return "It was taken back, or its time ran out: begin a new one, as 'publish' does by itself."


class InvalidUpload(UserError, ValueError):
    """``reason`` continues 'the upload is refused:'."""

    code: ClassVar[str] = "invalid-upload"
    reason: str

    def problem(self) -> str:
        return f"the upload is refused: {self.reason}."

    def next_step(self) -> str:
        return "Nothing was published. Send it as docs/rest-api.md says."


class UploadTooLarge(UserError):
    """``allowed`` is a number of bytes; ``found`` what was announced or came."""

    code: ClassVar[str] = "upload-too-large"
    found: int
    allowed: int

    def problem(self) -> str:
        return f"{self.found} bytes are more than the {self.allowed} that are taken here at once."

    def next_step(self) -> str:
        return "Nothing was read. Leave out what the plugin does not need, or send a large artifact in parts."


class UploadOffsetDiffers(UserError):
    """``expected`` is where the upload goes on, ``provided`` where a part was to go; bytes from its start."""

    code: ClassVar[str] = "upload-offset-differs"
    upload: str
    expected: int
    provided: int

    def problem(self) -> str:
        return f"the upload {self.upload!r} goes on at byte {self.expected}, and not at {self.provided}."

    def next_step(self) -> str:
        return "Nothing was stored. Send the part that begins there."


class TooManyUploads(UserError):
    """``allowed``: how many of one user are open at a time."""

    code: ClassVar[str] = "too-many-uploads"
    user: str
    allowed: int

    def problem(self) -> str:
        return f"{self.user!r} has {self.allowed} uploads open, and no more are taken at a time."

    def next_step(self) -> str:
        return "Finish them, take them back, or wait until they run out."
