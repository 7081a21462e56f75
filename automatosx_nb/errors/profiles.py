"""What is installed, and the disk that it lies on."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from automatosx_nb.errors.root import PlatformError, UserError, did_you_mean


class NotInstalled(UserError, LookupError):
    code: ClassVar[str] = "not-installed"
    plugin: str
    nearest: tuple[str, ...] = ()

    def problem(self) -> str:
        return f"{self.plugin!r} is not installed in this profile."

    def next_step(self) -> str:
        return did_you_mean(self.nearest, "See what is installed with %ax list.")


class NotInPlan(UserError, LookupError):
    code: ClassVar[str] = "not-in-plan"
    plugin: str
    nearest: tuple[str, ...] = ()

    def problem(self) -> str:
        return f"{self.plugin!r} is not part of this plan: nothing that you asked for requires it."

    def next_step(self) -> str:
        return did_you_mean(self.nearest, "See all that is part of it with %ax plan --tree.")


class PolicyForbids(UserError):
    """``reason`` continues the sentence 'acme.a 1.0.0 …'."""

    code: ClassVar[str] = "policy-forbids"
    plugin: str
    version: str
    reason: str

    def problem(self) -> str:
        return f"{self.plugin} {self.version} {self.reason}."

    def next_step(self) -> str:
        return "Nothing was changed. Whoever runs this installation sets the policy: see docs/configuration.md."


class StillRequired(UserError):
    """``by`` are the installed plugins that require it."""

    code: ClassVar[str] = "still-required"
    plugin: str
    by: tuple[str, ...]

    def problem(self) -> str:
        return f"{self.plugin} is still required by {', '.join(self.by)}."

    def next_step(self) -> str:
        return f"Nothing was changed. It goes by itself with what requires it: %ax remove {self.by[0]}."


class ConsentRequired(UserError):
    """``permissions`` maps the permissions nobody has granted yet to the author's reasons; ``others`` has the same of
    further plugins of the same change, by ``id version``. ``grants_digest`` is that of a lockfile that grants them.
    """

    code: ClassVar[str] = "consent-required"
    plugin: str
    version: str
    permissions: dict[str, str]
    others: Mapping[str, dict[str, str]] = MappingProxyType({})
    grants_digest: str = ""

    def problem(self) -> str:
        lines = []
        for name, asked in {f"{self.plugin} {self.version}": self.permissions, **self.others}.items():
            lines.append(f"{name} asks for permissions that nobody has granted:")
            lines += [f"  - {permission}: {reason}" for permission, reason in asked.items()]
        return "\n".join(lines)

    def next_step(self) -> str:
        asked = dict.fromkeys(text for each in (self.permissions, *self.others.values()) for text in each)
        flags = " ".join(f"--grant {permission}" for permission in asked)
        or_all = f"; --grants-digest {self.grants_digest} agrees to all that the lock grants"
        return f"Nothing was changed. If you agree, run it again with {flags}{or_all if self.grants_digest else ''}."


class PublisherChanged(UserError):
    """``doubts`` maps plugins to what differs about who stands behind them, continuing 'acme.a …'."""

    code: ClassVar[str] = "publisher-changed"
    doubts: dict[str, str]

    def problem(self) -> str:
        return "somebody else may stand behind this than before:\n" + "\n".join(
            f"  - {plugin} {doubt}" for plugin, doubt in self.doubts.items()
        )

    def next_step(self) -> str:
        flags = " ".join(f"--trust {plugin}" for plugin in self.doubts)
        return f"Nothing was changed: the old version goes on working. If you trust them, run it again with {flags}."


class PermissionNotAsked(UserError):
    """``asked`` are the permissions that its manifest asks for."""

    code: ClassVar[str] = "permission-not-asked"
    plugin: str
    version: str
    permission: str
    asked: tuple[str, ...]

    def problem(self) -> str:
        return f"{self.plugin} {self.version} does not ask for {self.permission!r}, so it cannot be granted that."

    def next_step(self) -> str:
        if not self.asked:
            return "Nothing was changed. It asks for no permission at all."
        return f"Nothing was changed. It asks for {', '.join(self.asked)}."


class NotGranted(UserError, LookupError):
    code: ClassVar[str] = "not-granted"
    plugin: str
    permission: str
    held: tuple[str, ...]

    def problem(self) -> str:
        return f"{self.plugin} holds nothing that {self.permission!r} covers."

    def next_step(self) -> str:
        if not self.held:
            return "Nothing was changed. It holds no permission at all."
        return f"Nothing was changed. It holds {', '.join(self.held)}: what is revoked is revoked as it was granted."


class NotByItself(UserError):
    """``action`` is what an update would do."""

    code: ClassVar[str] = "not-by-itself"
    action: str

    def problem(self) -> str:
        return f"{self.action} would do more than update plugins, so it does not happen by itself."

    def next_step(self) -> str:
        return "Nothing was changed. See what it would do with %ax update --plan, then ask for it."


class NotForOneCall(UserError):
    code: ClassVar[str] = "not-for-one-call"
    permission: str

    def problem(self) -> str:
        return (
            f"{self.permission!r} counts for as long as a plugin's worker runs, so it cannot be granted for one call."
        )

    def next_step(self) -> str:
        return "Nothing was changed. Grant it for this session: --for session, and revoke it when you are done."


class PlanStale(UserError):
    code: ClassVar[str] = "plan-stale"
    planned_for: int
    current: int

    def problem(self) -> str:
        return f"the plan was made for generation {self.planned_for}, and the profile is now at {self.current}."

    def next_step(self) -> str:
        return "Nothing was changed. Make the plan again: somebody else changed this profile meanwhile."


class UnknownGeneration(UserError, LookupError):
    code: ClassVar[str] = "unknown-generation"
    number: int
    available: tuple[int, ...]

    def problem(self) -> str:
        return f"this profile has no generation {self.number}."

    def next_step(self) -> str:
        if not self.available:
            return "Nothing was ever installed in it: there is nothing to go back to."
        return f"It has {', '.join(map(str, self.available))}: see %ax history."


class NothingToRollBack(UserError):
    code: ClassVar[str] = "nothing-to-roll-back"
    current: int

    def problem(self) -> str:
        return "there is no earlier generation to roll back to."

    def next_step(self) -> str:
        return "%ax history shows every generation, and %ax rollback --to N leads to any of them, also forward."


class NotPinned(UserError, LookupError):
    """``pinned`` are the plugins that are."""

    code: ClassVar[str] = "not-pinned"
    plugin: str
    pinned: tuple[str, ...]

    def problem(self) -> str:
        return f"{self.plugin} is not pinned."

    def next_step(self) -> str:
        if not self.pinned:
            return "Nothing was changed. Nothing is pinned."
        return f"Nothing was changed. Pinned are {', '.join(self.pinned)}."


class ProfileBusy(UserError):
    """``owner`` says who holds the writer's lock, where it is known."""

    code: ClassVar[str] = "profile-busy"
    path: str
    owner: str
    waited_s: float

    def problem(self) -> str:
        return f"another process ({self.owner}) is changing the profile at {self.path}; waited {self.waited_s:.0f} s."

    def next_step(self) -> str:
        return "Nothing was changed. Try again when it has finished."


class ProjectOutOfStep(UserError):
    """``path`` is the project's lock."""

    code: ClassVar[str] = "project-out-of-step"
    path: str

    def problem(self) -> str:
        return f"{self.path} was changed by somebody else, and this change would write over it."

    def next_step(self) -> str:
        return (
            "Nothing was changed. See what it says with %ax sync --plan and take it over with %ax sync, "
            "or write what is installed over it with %ax lock."
        )


class ProfileReadOnly(UserError):
    code: ClassVar[str] = "profile-read-only"
    path: str
    reason: str

    def problem(self) -> str:
        return f"cannot write to {self.path}: {self.reason}."

    def next_step(self) -> str:
        return "Nothing was changed. Give yourself write access, or set AUTOMATOSX_HOME to a folder that is yours."


class StorageFull(UserError):
    code: ClassVar[str] = "storage-full"
    path: str
    reason: str

    def problem(self) -> str:
        return f"there is no room left for {self.path}: {self.reason}."

    def next_step(self) -> str:
        return "Nothing was changed. Free some space there, or set AUTOMATOSX_HOME to a larger disk."


class StorageFailed(PlatformError):
    code: ClassVar[str] = "storage-failed"
    path: str
    reason: str

    def problem(self) -> str:
        return f"{self.path} could not be read or written: {self.reason}."

    def next_step(self) -> str:
        return "Nothing was changed. Check the disk and that the path is what you meant, then try again."


class ProfileDamaged(PlatformError):
    code: ClassVar[str] = "profile-damaged"
    path: str
    reason: str

    def problem(self) -> str:
        return f"{self.path} is damaged: {self.reason}."

    def next_step(self) -> str:
        return (
            "Roll back to a generation that is whole (%ax history, %ax rollback --to N), or install the plugin again."
        )


class StateDamaged(PlatformError):
    code: ClassVar[str] = "state-damaged"
    path: str
    reason: str

    def problem(self) -> str:
        return f"a plugin's saved state at {self.path} cannot be used: {self.reason}."

    def next_step(self) -> str:
        return (
            "The file is left as it is. Roll back to an earlier generation (%ax rollback), which has its own copy of "
            "the state, or start anew with %ax state restore ID empty."
        )


class AuditDamaged(PlatformError):
    code: ClassVar[str] = "audit-damaged"
    path: str
    reason: str

    def problem(self) -> str:
        return f"the audit log at {self.path} cannot be used: {self.reason}."

    def next_step(self) -> str:
        return "Move the file away and keep it: a new log is started, and what is left of the old one may be evidence."


class ChangeStopped(UserError):
    """Somebody stopped it before the switch."""

    code: ClassVar[str] = "change-stopped"

    def problem(self) -> str:
        return "the change was stopped, and nothing was changed."

    def next_step(self) -> str:
        return "Start it again when you like: what was downloaded already is kept for that."


class DependantsBroken(UserError):
    """``lost``: what each plugin that requires it and stays as it is would lose, as sentences without an end."""

    code: ClassVar[str] = "dependants-broken"
    plugin: str
    version: str
    lost: Mapping[str, tuple[str, ...]]

    def problem(self) -> str:
        said = "; ".join(f"for {plugin}, {', '.join(lost)}" for plugin, lost in sorted(self.lost.items()))
        return f"{self.plugin} {self.version} was not taken in, for others call it: {said}. Nothing was changed."

    def next_step(self) -> str:
        others = " ".join(sorted(self.lost))
        return f"Update them together (%ax update {self.plugin} {others}), or remove first what is in the way."


class SpoolDamaged(PlatformError):
    code: ClassVar[str] = "spool-damaged"
    path: str
    reason: str

    def problem(self) -> str:
        return f"the events that kernels and servers hand to each other at {self.path} cannot be used: {self.reason}."

    def next_step(self) -> str:
        return "Remove the file, with what lies beside it under its name: it holds what was told in the last minutes."


class QuotaExceeded(UserError):
    code: ClassVar[str] = "quota-exceeded"
    what: str
    allowed: str
    found: str

    def problem(self) -> str:
        return f"{self.what} is too large: {self.found}, where {self.allowed} are allowed. Nothing was written."

    def next_step(self) -> str:
        return "Store less, or delete what is no longer needed with storage.delete()."
