"""What a person or a file said cannot be read: ids, versions, manifests, artifacts, arguments, settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from automatosx_nb.errors.root import UserError, caret, did_you_mean, listed


class InvalidPluginId(UserError, ValueError):
    code: ClassVar[str] = "invalid-plugin-id"
    text: str
    reason: str
    suggestion: str | None = None

    def problem(self) -> str:
        return f"{self.text!r} is not a plugin id: {self.reason}."

    def next_step(self) -> str:
        known = f"Did you mean {self.suggestion!r}? " if self.suggestion else ""
        return f"{known}A plugin id is 'publisher.name' in small letters, digits and single hyphens."


class InvalidVersion(UserError, ValueError):
    code: ClassVar[str] = "invalid-version"
    text: str
    position: int
    reason: str

    def problem(self) -> str:
        return f"not a SemVer version: {self.reason}\n{caret(self.text, self.position)}"

    def next_step(self) -> str:
        return "Write three numbers, as in 1.4.0 or 2.0.0-rc.1 (https://semver.org)."


class InvalidRange(UserError, ValueError):
    code: ClassVar[str] = "invalid-range"
    text: str
    position: int
    reason: str

    def problem(self) -> str:
        return f"not a version range: {self.reason}\n{caret(self.text, self.position)}"

    def next_step(self) -> str:
        return "Write a range as npm does: ^1.2, ~1.2.3, >=1.0 <3.0, 1.x, 1.2.3 - 2.0, or several joined by ||."


class InvalidIncrement(UserError, ValueError):
    code: ClassVar[str] = "invalid-increment"
    version: str
    step: str
    reason: str

    def problem(self) -> str:
        return f"{self.step!r} leads nowhere from {self.version}: {self.reason}."

    def next_step(self) -> str:
        return "docs/versions.md shows what each step makes of a version."


class InvalidPermission(UserError, ValueError):
    code: ClassVar[str] = "invalid-permission"
    text: str
    reason: str
    nearest: tuple[str, ...] = ()

    def problem(self) -> str:
        return f"{self.text!r} is not a permission: {self.reason}."

    def next_step(self) -> str:
        return did_you_mean(self.nearest, "docs/permissions.md lists every kind and its scope.")


@dataclass(frozen=True, slots=True)
class ManifestProblem:
    """One thing wrong in a manifest or a lockfile: ``path`` is dotted, as in ``contributes.magics[0].handler``.

    ``pointer`` is the text that was found with a caret under the fault, on lines of their own; empty for none.
    """

    path: str
    found: str
    valid: str
    nearest: tuple[str, ...] = ()
    pointer: str = ""

    def __str__(self) -> str:
        hint = f" (did you mean {' or '.join(repr(n) for n in self.nearest)}?)" if self.nearest else ""
        return f"{self.path or '(file)'}: found {self.found}; valid is {self.valid}{hint}"

    def pointed(self) -> str:
        """As ``str()``, and below it the pointer."""
        return f"{self}\n{self.pointer}".rstrip()


def all_problems(source: str, problems: tuple[ManifestProblem, ...]) -> str:
    """Each with its pointer, below a line that counts them."""
    count = len(problems)
    head = f"{source} has {count} problem{'s' if count != 1 else ''}:"
    return listed(head, (problem.pointed() for problem in problems))


class InvalidManifest(UserError, ValueError):
    code: ClassVar[str] = "invalid-manifest"
    source: str
    problems: tuple[ManifestProblem, ...]

    def problem(self) -> str:
        return all_problems(self.source, self.problems)

    def next_step(self) -> str:
        return (
            f"Correct {'them' if len(self.problems) > 1 else 'it'} in {self.source}; docs/manifest.md shows every key."
        )


@dataclass(frozen=True, slots=True)
class ArtifactFault:
    """One thing wrong in an archive or a plugin's folder; ``member`` is the path in it that is at fault, if one is."""

    reason: str
    member: str | None = None

    def __str__(self) -> str:
        return self.reason + (f" ({self.member!r})" if self.member is not None else "")


class InvalidArtifact(UserError, ValueError):
    """``member`` is the path inside the archive that is at fault, where it is one; ``more`` are its further faults."""

    code: ClassVar[str] = "invalid-artifact"
    name: str
    reason: str
    member: str | None = None
    more: tuple[ArtifactFault, ...] = ()

    @property
    def faults(self) -> tuple[ArtifactFault, ...]:
        return (ArtifactFault(self.reason, self.member), *self.more)

    def problem(self) -> str:
        if not self.more:
            return f"{self.name} is not a safe plugin artifact: {self.faults[0]}."
        return listed(f"{self.name} is not a safe plugin artifact:", map(str, self.faults))

    def next_step(self) -> str:
        return "Nothing was unpacked. Build it again with 'jupyter automatosx pack', or get it from its registry."


class NotAnArchive(InvalidArtifact):
    """It is no zip archive, so there is nothing in it to look at."""

    code: ClassVar[str] = "not-an-archive"

    def next_step(self) -> str:
        return "Give a plugin's folder, or the .axp file that 'jupyter automatosx pack' made of one."


class ArtifactMismatch(UserError):
    code: ClassVar[str] = "artifact-mismatch"
    plugin: str
    version: str
    expected: str
    actual: str

    def problem(self) -> str:
        return (
            f"the artifact of {self.plugin} {self.version} is not the one that was published: "
            f"SHA-256 {self.actual} where the registry says {self.expected}."
        )

    def next_step(self) -> str:
        return "Nothing was installed. Try again; if it stays so, tell the registry's administrator."


class UnknownVariable(UserError, LookupError):
    code: ClassVar[str] = "unknown-variable"
    name: str
    nearest: tuple[str, ...] = ()

    def problem(self) -> str:
        return f"there is no variable {self.name!r} in this notebook."

    def next_step(self) -> str:
        return did_you_mean(self.nearest, "Run the cell that defines it first.")


class UntransferableValue(UserError, TypeError):
    code: ClassVar[str] = "untransferable-value"
    what: str
    type_name: str
    reason: str = ""

    def problem(self) -> str:
        because = f": {self.reason}" if self.reason else ""
        return f"{self.what} is a {self.type_name}, which cannot pass between a notebook and a plugin{because}."

    def next_step(self) -> str:
        return "Pass a JSON value, bytes or a table (pandas, polars, pyarrow: whatever has __arrow_c_stream__)."


class UsageError(UserError):
    """A verb or a magic was typed wrongly. ``usage`` is its usage line."""

    code: ClassVar[str] = "usage"
    message: str
    usage: str

    def problem(self) -> str:
        return self.message if self.message.endswith((".", "?")) else f"{self.message}."

    def next_step(self) -> str:
        return f"Usage: {self.usage}"


class InvalidDuration(UserError, ValueError):
    code: ClassVar[str] = "invalid-duration"
    text: str

    def problem(self) -> str:
        return f"{self.text!r} is no duration."

    def next_step(self) -> str:
        return "Write a whole number and minutes, hours, days or weeks, as in '3 days'."


class InvalidConfiguration(UserError):
    """``where`` is a file or a setting, as in ``c.SandboxLimits``."""

    code: ClassVar[str] = "invalid-configuration"
    where: str
    reason: str

    def problem(self) -> str:
        end = "" if self.reason.endswith((".", "?")) else "."
        return f"the configuration in {self.where} cannot be used: {self.reason}{end}"

    def next_step(self) -> str:
        return "Correct it; until then nothing that depends on it starts. docs/configuration.md lists every setting."
