"""Registry and resolution."""

from __future__ import annotations

from typing import Any, ClassVar

from automatosx_nb.errors.root import AutomatosxError, PlatformError, UserError, did_you_mean


class UnknownPlugin(UserError, LookupError):
    code: ClassVar[str] = "unknown-plugin"
    plugin: str
    nearest: tuple[str, ...] = ()

    def problem(self) -> str:
        return f"there is no plugin {self.plugin!r} in the registry."

    def next_step(self) -> str:
        return did_you_mean(self.nearest, "Look for it with 'search': %ax search <words>.")


class UnknownRelease(UserError, LookupError):
    code: ClassVar[str] = "unknown-release"
    plugin: str
    version: str
    available: tuple[str, ...] = ()

    def problem(self) -> str:
        return f"{self.plugin} has no release {self.version!r}."

    def next_step(self) -> str:
        if not self.available:
            return f"It has no release yet: see %ax info {self.plugin}."
        return f"It has {', '.join(self.available)}."


class PublishRefused(UserError):
    """``findings`` are the messages of the enforced checks that failed, each with its file and line if known.

    ``checks`` are the records of all that was checked, as ``model.release.CheckResult``. ``plugin`` and ``version`` are
    empty where its manifest cannot be read.
    """

    code: ClassVar[str] = "publish-refused"
    plugin: str
    version: str
    findings: tuple[str, ...]
    checks: tuple[Any, ...] = ()

    def problem(self) -> str:
        named = f"{self.plugin} {self.version}".strip() or "the plugin"
        head = f"{named} was not published: {len(self.findings)} check(s) failed."
        return "\n".join([head, *(f"  - {finding}" for finding in self.findings)])

    def next_step(self) -> str:
        return "Correct them and publish again; the version was not used up."


class VersionTaken(PublishRefused):
    """``findings`` say so, after all else that is wrong; there are none where nothing else was looked at."""

    code: ClassVar[str] = AutomatosxError.code
    findings: tuple[str, ...] = ()

    def taken(self) -> str:
        """One sentence: by what."""
        raise NotImplementedError

    def problem(self) -> str:
        return super().problem() if len(self.findings) > 1 else self.taken()

    def next_step(self) -> str:
        rest = ", correct the rest" if len(self.findings) > 1 else ""
        return f"A version is never reused: raise 'version' in plugin.toml{rest} and publish again."


class ReleaseExists(VersionTaken):
    code: ClassVar[str] = "release-exists"

    def taken(self) -> str:
        return f"{self.plugin} {self.version} is already published, with other content."


class VersionUsed(VersionTaken):
    """There was such a release, and it was deleted."""

    code: ClassVar[str] = "version-used"

    def taken(self) -> str:
        return f"{self.plugin} {self.version} was published before, and deleted."


class InvalidSearch(UserError, ValueError):
    """``part`` is the part of the search at fault: ``text``, ``size``, ``cursor`` or ``sort``."""

    code: ClassVar[str] = "invalid-search"
    part: str
    found: str
    valid: str

    def problem(self) -> str:
        return f"the search's {self.part} is {self.found}."

    def next_step(self) -> str:
        return f"Valid is {self.valid}."


class PlanTooHard(UserError):
    """The search for versions took longer than it was given: ``seconds``, by ``setting``."""

    code: ClassVar[str] = "plan-too-hard"
    seconds: float
    setting: str

    def problem(self) -> str:
        return f"in {self.seconds:g} s neither versions that go together were found, nor why there are none."

    def next_step(self) -> str:
        return (
            "Ask for fewer plugins at once, or for exact versions, which leave less to search through. "
            f"More time is given by {self.setting}."
        )


class InvalidPlanRequest(UserError, ValueError):
    """``reason`` says what is wrong with what was sent."""

    code: ClassVar[str] = "invalid-plan-request"
    reason: str

    def problem(self) -> str:
        return f"this is no request for a plan: {self.reason}."

    def next_step(self) -> str:
        return 'Send {"wanted": {"publisher.name": "^1.0"}}: docs/rest-api.md has all its members.'


class RegistryBusy(PlatformError):
    code: ClassVar[str] = "registry-busy"
    path: str
    waited_s: float

    def problem(self) -> str:
        return f"another process is writing to the registry at {self.path}; waited {self.waited_s:.0f} s."

    def next_step(self) -> str:
        return "Nothing was changed. Try again when it has finished."


class RegistryDamaged(PlatformError):
    code: ClassVar[str] = "registry-damaged"
    path: str
    reason: str

    def problem(self) -> str:
        return f"the registry's {self.path} cannot be used: {self.reason}."

    def next_step(self) -> str:
        return "Nothing was changed. Restore it from a backup, or move it away: a new registry is then made."


class RegistryUnreachable(PlatformError):
    """``address`` is the registry's, ``reason`` what the network said."""

    code: ClassVar[str] = "registry-unreachable"
    address: str
    reason: str

    def problem(self) -> str:
        return f"the registry {self.address} cannot be reached: {self.reason}."

    def next_step(self) -> str:
        return (
            "Nothing was changed. What is installed goes on; list, rollback, undo, remove and a sync of what the store "
            "has work without it. See whether AUTOMATOSX_REGISTRY has its host and port right and its server runs, "
            "and try again when the network is back."
        )


class RegistryTooNew(UserError):
    """``revision`` is the schema revision found, ``known`` the newest that this version can read."""

    code: ClassVar[str] = "registry-too-new"
    path: str
    revision: str
    known: str

    def problem(self) -> str:
        return (
            f"the registry at {self.path} has schema {self.revision}, and this automatosx_nb knows up to {self.known}."
        )

    def next_step(self) -> str:
        return "Nothing was changed. Update automatosx_nb, or set AUTOMATOSX_HOME to another folder."


class ResolutionConflict(UserError):
    """``causes`` are sentences, from the user's wishes to the contradiction. ``wishes`` are the plugins asked for that
    contradict each other, as few as do. ``suggestions`` were tried: ``with acme.charts ^1``, ``without acme.charts``,
    ``with --pre``.
    """

    code: ClassVar[str] = "resolution-conflict"
    causes: tuple[str, ...]
    wishes: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()

    def problem(self) -> str:
        head = "these plugins cannot be installed together:"
        if len(self.wishes) == 1:
            head = f"{self.wishes[0]} cannot be had as you asked:"
        return "\n".join([head, *(f"  - {cause}" for cause in self.causes)])

    def next_step(self) -> str:
        if self.suggestions:
            return f"Nothing was changed. It works {', or '.join(self.suggestions)}."
        if len(self.wishes) == 1:
            return f"Nothing was changed. See which versions there are, and what they need: %ax info {self.wishes[0]}."
        return "Nothing was changed. No single change was found that works: %ax remove one, or ask for other versions."


class DependencyCycle(UserError):
    """``cycle`` names each plugin once, in the order in which they require each other."""

    code: ClassVar[str] = "dependency-cycle"
    cycle: tuple[str, ...]

    def problem(self) -> str:
        return f"these plugins require each other in a circle: {' → '.join((*self.cycle, self.cycle[0]))}."

    def next_step(self) -> str:
        return "Nothing was changed. No other versions avoid it: tell their publishers that one requirement has to go."


class ResolutionUnsound(PlatformError):
    """The resolver chose versions, and they failed its own checks. ``wishes`` are what was asked for."""

    code: ClassVar[str] = "resolution-unsound"
    reason: str
    wishes: tuple[str, ...] = ()

    def problem(self) -> str:
        wished = f" for {', '.join(self.wishes)}" if self.wishes else ""
        return f"the versions chosen{wished} do not fit together: {self.reason}."

    def next_step(self) -> str:
        return "Nothing was changed. Report this as an error of automatosx_nb, with what you asked for."


class Incompatible(UserError):
    """``reasons`` are sentences about this environment: runtime, Python, packages, platform."""

    code: ClassVar[str] = "incompatible"
    plugin: str
    version: str
    reasons: tuple[str, ...]
    remedy: str = ""

    def problem(self) -> str:
        return f"{self.plugin} {self.version} does not fit this environment: {'; '.join(self.reasons)}."

    def next_step(self) -> str:
        return self.remedy or f"See which versions fit: %ax info {self.plugin}."


class MagicTaken(UserError):
    """Two plugins add a magic of one name: what a user types would depend on which was installed last."""

    code: ClassVar[str] = "magic-taken"
    magic: str
    plugin: str
    owner: str

    def problem(self) -> str:
        return f"{self.plugin} adds %{self.magic}, which {self.owner} adds already. Nothing was changed."

    def next_step(self) -> str:
        return f"Do without one of them: %ax remove {self.owner}, then install {self.plugin}."
