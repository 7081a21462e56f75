"""What policy says about permissions: which are granted without a question, which nobody can grant, which are asked.

A denial beats a grant, and holds at every call, also for what was granted before it came.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

from automatosx_nb.errors import InvalidPermission
from automatosx_nb.model.names import fold
from automatosx_nb.model.permissions import KINDS, Permission, Risk, not_covered
from automatosx_nb.model.place import Place
from automatosx_nb.model.policy import Pattern
from automatosx_nb.model.spelling import nearest

if TYPE_CHECKING:
    from automatosx_nb.model.semver import Version

Default = Literal["allow-low", "ask", "deny"]
DEFAULTS: tuple[Default, ...] = get_args(Default)
"""The mildest first."""
GrantScope = Literal["profile", "session", "once"]
"""For how long a grant holds: until it is revoked, until the kernel ends, for the next call."""
EVERYTHING = "*"
_FOR = " for "


@dataclass(frozen=True, slots=True)
class PermissionRule:
    """``storage``, ``network:*`` (every scope of a kind) or ``*``; with ``for acme.*``, of some plugins only."""

    text: str
    """As it was written."""
    kind: str = ""
    """Empty: every kind."""
    permission: Permission | None = None
    """None: every permission of the kind."""
    plugins: Pattern | None = None
    """None: every plugin."""
    place: Place | None = field(default=None, compare=False)

    @classmethod
    def parse(cls, text: str, place: Place | None = None) -> PermissionRule:
        """:raises InvalidPermission:
        :raises InvalidPluginId:
        :raises InvalidRange:
        """
        named, separator, plugins = text.strip().rpartition(_FOR)
        subject = named.strip() if separator else plugins
        pattern = Pattern.parse(plugins, place) if separator else None
        if subject == EVERYTHING:
            return cls(text, plugins=pattern, place=place)
        kind = subject.removesuffix(":*")
        if kind == subject:
            permission = Permission.parse(subject)
            return cls(text, permission.kind, permission, pattern, place)
        if kind not in KINDS:
            raise InvalidPermission(subject, f"there is no kind {kind!r}", nearest(kind, KINDS))
        return cls(text, kind, None, pattern, place)

    def concerns(self, folded: str, version: Version) -> bool:
        """:param folded: a plugin's id, folded."""
        return self.plugins is None or self.plugins.matches(folded, version)

    def covers(self, asked: Permission) -> bool:
        """Whether all that ``asked`` allows is in this rule."""
        if self.permission is None:
            return self.kind in ("", asked.kind)
        return self.permission.covers(asked)

    def touches(self, asked: Permission) -> bool:
        """Whether granting ``asked`` would give what this rule names, or some of it."""
        return self.covers(asked) or (self.permission is not None and asked.covers(self.permission))

    @property
    def specificity(self) -> tuple[bool, bool, bool, bool, bool]:
        """Larger is more specific: which plugins counts before which permissions."""
        plugins = (False, False) if self.plugins is None else self.plugins.specificity
        return self.plugins is not None, *plugins, self.permission is not None, bool(self.kind)


Verdict = Literal["granted", "asked", "denied"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What policy says of one permission of one release."""

    verdict: Verdict
    setting: str
    """That decides, as in ``c.PermissionPolicy.deny``."""
    rule: str
    """Of that setting; the default's value where no rule matches."""
    place: Place | None

    @property
    def because(self) -> str:
        """A clause, as in ``'storage for acme.*' is in c.PermissionPolicy.deny (config.py, line 3)``."""
        said = f"{self.setting} is {self.rule!r}" if self.by_default else f"{self.rule!r} is in {self.setting}"
        return said if self.place is None else f"{said} ({self.place})"

    @property
    def by_default(self) -> bool:
        return self.setting.endswith(".default")


@dataclass(frozen=True, slots=True)
class PermissionPolicy:
    """Deny beats allow; of several rules that say the same, the most specific one is named, then the first."""

    default: Default = "ask"
    allow: tuple[PermissionRule, ...] = ()
    deny: tuple[PermissionRule, ...] = ()
    place: Place | None = None
    """Of ``default``; None: built in."""

    @property
    def can_deny(self) -> bool:
        return bool(self.deny) or self.default == "deny"

    def decide(self, permission: Permission, plugin: str, version: Version) -> Decision:
        folded = fold(plugin)
        denying = [rule for rule in self.deny if rule.touches(permission) and rule.concerns(folded, version)]
        if denying:
            return _decision("denied", "deny", denying)
        allowing = [rule for rule in self.allow if rule.covers(permission) and rule.concerns(folded, version)]
        if allowing:
            return _decision("granted", "allow", allowing)
        verdict: Verdict = "denied" if self.default == "deny" else "asked"
        if self.default == "allow-low" and permission.risk is Risk.LOW:
            verdict = "granted"
        return Decision(verdict, "c.PermissionPolicy.default", self.default, self.place)

    def decisions(self, asked: Iterable[str], plugin: str, version: Version) -> dict[str, Decision]:
        """Each of ``asked`` → what is said of it."""
        return {text: self.decide(Permission.parse(text), plugin, version) for text in asked}

    def denied(self, asked: Iterable[str], plugin: str, version: Version) -> dict[str, str]:
        """Those of ``asked`` that nobody can grant → the setting that says so."""
        found = self.decisions(asked, plugin, version)
        return {text: each.because for text, each in found.items() if each.verdict == "denied"}

    def granted(self, asked: Iterable[str], plugin: str, version: Version) -> dict[str, str]:
        """Those of ``asked`` that need no consent → the setting that says so."""
        found = self.decisions(asked, plugin, version)
        return {text: each.because for text, each in found.items() if each.verdict == "granted"}

    def held(
        self, asked: Iterable[str], consented: Iterable[str], plugin: str, version: Version, *, exactly: bool = False
    ) -> tuple[str, ...]:
        """Those of ``asked`` that are granted: by ``consented`` or by policy, and never what policy denies.

        :param exactly: what policy grants does not count, as where a lock says what is granted.
        """
        decisions = self.decisions(asked, plugin, version)
        open_ = set(not_covered(decisions, consented))
        return tuple(
            text
            for text, each in decisions.items()
            if each.verdict != "denied" and (text not in open_ or (each.verdict == "granted" and not exactly))
        )


def _decision(verdict: Verdict, setting: str, rules: list[PermissionRule]) -> Decision:
    first = max(rules, key=lambda rule: rule.specificity)
    return Decision(verdict, f"c.PermissionPolicy.{setting}", first.text, first.place)


@dataclass(frozen=True, slots=True)
class ExplainedPermission:
    permission: str
    optional: bool
    risk: str
    reason: str
    """The author's."""
    verdict: Verdict
    setting: str
    rule: str
    source: str
    """Where the setting stands; ``built-in`` where nobody set it."""
    line: int | None

    @classmethod
    def of(cls, text: str, reason: str, decision: Decision, *, optional: bool) -> ExplainedPermission:
        source, line = ("built-in", None) if decision.place is None else (decision.place.source, decision.place.line)
        risk = Permission.parse(text).risk.value
        return cls(text, optional, risk, reason, decision.verdict, decision.setting, decision.rule, source, line)


@dataclass(frozen=True, slots=True)
class Explanation:
    """What an install of one release would come to."""

    id: str
    version: str
    allowed: bool
    because: str
    """Continues the sentence 'acme.a 1.0.0 …'."""
    permissions: tuple[ExplainedPermission, ...]


def explain(
    plugin: str,
    version: Version,
    against: str | None,
    policy: PermissionPolicy,
    required: Mapping[str, str],
    optional: Mapping[str, str],
) -> Explanation:
    """:param against: what keeps the release itself out, as :meth:`~automatosx_nb.model.policy.Policy.against` says it.

    ``required`` and ``optional``: permission → the author's reason.
    """
    parts = ((required, False), (optional, True))
    permissions = tuple(
        ExplainedPermission.of(text, asked[text], decision, optional=is_optional)
        for asked, is_optional in parts
        for text, decision in policy.decisions(asked, plugin, version).items()
    )
    refused = against or denial(policy, required, plugin, version)
    because = refused or "may be installed: nothing in this installation's policy is against it"
    return Explanation(plugin, str(version), refused is None, because, permissions)


def denial(policy: PermissionPolicy, required: Iterable[str], plugin: str, version: Version) -> str | None:
    """Why a release that cannot do without ``required`` may not come, continuing 'acme.a 1.0.0 …'; None: it may."""
    for text, because in policy.denied(required, plugin, version).items():
        return f"asks for {text}, which this installation's policy denies: {because}"
    return None
