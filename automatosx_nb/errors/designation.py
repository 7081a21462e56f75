"""What a user named to hand it over cannot be handed over, or what came of it cannot be kept."""

from __future__ import annotations

from typing import ClassVar

from automatosx_nb.errors.root import PlatformError, UserError, caret, did_you_mean


class InvalidSelection(UserError, ValueError):
    """``text`` was typed for a ``variable``; ``position`` is where in it the reason is."""

    code: ClassVar[str] = "invalid-selection"
    text: str
    position: int
    reason: str

    def problem(self) -> str:
        return f"that cannot be handed over as it is typed: {self.reason}\n{caret(self.text, self.position)}"

    def next_step(self) -> str:
        return "Type a name or a part of it, as in df[['a', 'b']]; assign anything else to a name first: part = …"


class SelectionFailed(UserError, LookupError):
    """``part`` of the selection ``text`` raised ``type_name`` when it was looked up."""

    code: ClassVar[str] = "selection-failed"
    text: str
    part: str
    type_name: str
    message: str
    nearest: tuple[str, ...] = ()

    def problem(self) -> str:
        return f"there is no {self.part} to hand over ({self.type_name}: {self.message})."

    def next_step(self) -> str:
        return did_you_mean(self.nearest, f"Run {self.text} in a cell by itself to see what is wrong with it.")


class InvalidVariableName(UserError, ValueError):
    code: ClassVar[str] = "invalid-variable-name"
    text: str
    reason: str

    def problem(self) -> str:
        return f"nothing can be kept under {self.text!r}: {self.reason}."

    def next_step(self) -> str:
        return "Choose a name as you would to the left of '=', as in --into cleaned."


class FieldRefused(UserError, ValueError):
    """What was filled into one field of a form; ``remedy`` is what to do about it, where that is known."""

    code: ClassVar[str] = "field-refused"
    field: str
    reason: str
    remedy: str = ""

    def problem(self) -> str:
        return f"{self.field}: {self.reason}."

    def next_step(self) -> str:
        return self.remedy or "Correct it, then try again: nothing was called."


class FormExpired(UserError):
    """The plugin that made a form is no longer the one that is installed."""

    code: ClassVar[str] = "form-expired"
    plugin: str

    def problem(self) -> str:
        return f"{self.plugin}, which made this form, was removed or replaced since."

    def next_step(self) -> str:
        return "Run the cell again."


class FileNotHandedOver(UserError):
    """``path`` is what the user typed; ``purpose`` is 'read' or 'written'."""

    code: ClassVar[str] = "file-not-handed-over"
    path: str
    purpose: str
    reason: str
    remedy: str = ""
    nearest: tuple[str, ...] = ()

    def problem(self) -> str:
        return f"the file {self.path!r} cannot be handed over to be {self.purpose}: {self.reason}."

    def next_step(self) -> str:
        return did_you_mean(self.nearest, self.remedy or "Name a plain file that you may use, from this folder on.")


class HandedBack(UserError):
    """A plugin used what it was handed after the call was over; seen only by plugin code."""

    code: ClassVar[str] = "handed-back"
    method: str

    def problem(self) -> str:
        return f"there is nothing here to {self.method}: what is handed over is handed over for one call."

    def next_step(self) -> str:
        return "Use it before the handler returns, and keep what was read, not the file."


class NothingToKeep(UserError, TypeError):
    """``--into`` was typed, and what came back is no value. ``returned`` says what it is."""

    code: ClassVar[str] = "nothing-to-keep"
    plugin: str
    name: str
    returned: str

    def problem(self) -> str:
        return f"{self.plugin} returned {self.returned}, which cannot be kept as {self.name!r}."

    def next_step(self) -> str:
        return "Run it again without --into to see what it shows; nothing was written."


class UnknownSecret(UserError, LookupError):
    """What was typed is not told: it may be the secret itself."""

    code: ClassVar[str] = "unknown-secret"
    plugin: str

    def problem(self) -> str:
        return f"{self.plugin} has no secret of the name that was typed."

    def next_step(self) -> str:
        return (
            f"Type a secret's name, never the secret itself. Keep a new one with '%ax secrets set {self.plugin} NAME'."
        )


class NoSecretStore(PlatformError):
    code: ClassVar[str] = "no-secret-store"
    plugin: str

    def problem(self) -> str:
        return f"{self.plugin} was to be handed a secret, and there is no place for secrets here."

    def next_step(self) -> str:
        return "Run it where secrets are kept; nothing was handed over."
