"""Reviews and what else is said of releases."""

from __future__ import annotations

from typing import ClassVar

from automatosx_nb.errors.root import UserError, acted_in_the_source


class OwnSubmission(UserError):
    """Nobody reviews what they submitted, whichever token they come with."""

    code: ClassVar[str] = "own-submission"
    actor: str
    plugin: str
    version: str

    def problem(self) -> str:
        return f"{self.actor!r} submitted {self.plugin} {self.version}, and nobody reviews their own."

    def next_step(self) -> str:
        return "Ask another reviewer."


class OwnRating(UserError):
    """Members do not rate what their own ``publisher`` published."""

    code: ClassVar[str] = "own-rating"
    actor: str
    plugin: str
    publisher: str

    def problem(self) -> str:
        return f"{self.actor!r} is a member of {self.publisher!r}, and members do not rate what it publishes."

    def next_step(self) -> str:
        return "Leave it to those who use it; %ax rate ID shows what they gave."


class ReviewedElse(UserError):
    """A review is of exact bytes: ``reviewed`` is the SHA-256 that the reviewer names, ``published`` the release's."""

    code: ClassVar[str] = "reviewed-else"
    plugin: str
    version: str
    reviewed: str
    published: str

    def problem(self) -> str:
        return f"{self.plugin} {self.version} has the SHA-256 {self.published}, and the review is of {self.reviewed}."

    def next_step(self) -> str:
        return f"Look at what is published, and review that: %ax review show {self.plugin}@{self.version}."


class ReviewRejected(UserError):
    """A reviewer's rejection stands against a promotion."""

    code: ClassVar[str] = "review-rejected"
    plugin: str
    version: str
    reviewer: str
    reason: str

    def problem(self) -> str:
        return f"{self.reviewer!r} rejected {self.plugin} {self.version}: {self.reason}"

    def next_step(self) -> str:
        return "Mend it and publish a new version, or ask that reviewer to look at it once more."


class InvalidAct(UserError, ValueError):
    """Something is asked for that cannot be done to that release, or not so. ``valid`` says what can."""

    code: ClassVar[str] = "invalid-act"
    reason: str
    valid: str

    def problem(self) -> str:
        return f"{self.reason}."

    def next_step(self) -> str:
        return f"{self.valid}."


class PluginQuarantined(UserError):
    """A plugin, or one version of it, is quarantined: nobody gets it; into a plugin nothing is published, either."""

    code: ClassVar[str] = "plugin-quarantined"
    plugin: str
    reason: str
    version: str = ""
    """Empty: all of the plugin is."""

    def problem(self) -> str:
        what = f"{self.plugin} {self.version}" if self.version else f"all of {self.plugin}"
        return f"{what} is quarantined: {self.reason}"

    def next_step(self) -> str:
        return "Nobody gets it, and nothing was changed. The registry's reviewers can release it."


class UnknownAdvisory(UserError, LookupError):
    code: ClassVar[str] = "unknown-advisory"
    advisory: str

    def problem(self) -> str:
        return f"there is no advisory {self.advisory!r} here."

    def next_step(self) -> str:
        return "See which there are: %ax advisory list."


class UnknownReport(UserError, LookupError):
    code: ClassVar[str] = "unknown-report"
    number: int

    def problem(self) -> str:
        return f"there is no report {self.number} that you may see."

    def next_step(self) -> str:
        return "See which there are: %ax report list."


class ReadingOnly(UserError):
    """Where a registry is only read (a copy, a mirror, another computer's that is passed on), nobody acts in it."""

    code: ClassVar[str] = "reading-only"
    address: str
    mirror: str = ""
    """Where the copy of it lies that was asked, if one was."""

    def problem(self) -> str:
        if self.mirror:
            return f"{self.mirror} is a mirror, in which nobody acts: it is only read."
        return f"the registry {self.address} is only read here, and nobody acts in it."

    def next_step(self) -> str:
        if self.mirror:
            return acted_in_the_source(self.address, "Do it")
        return "Do it in the registry that it comes from: AUTOMATOSX_REGISTRY names one."
