"""From one version to the next: increments, truncation, and which part two versions differ in.

The rules are node-semver's (https://github.com/npm/node-semver#functions). Build metadata is never carried over.
"""

from __future__ import annotations

import re
from typing import Literal, get_args

from automatosx_nb.errors import InvalidIncrement
from automatosx_nb.model.semver.patterns import PRERELEASE
from automatosx_nb.model.semver.version import Version, prerelease_key

Part = Literal["major", "minor", "patch"]
Prepart = Literal["premajor", "preminor", "prepatch", "prerelease"]
Step = Part | Prepart
Increment = Step | Literal["pre", "release"]
Identifiers = tuple[int | str, ...]

_PARTS: tuple[str, ...] = get_args(Part)
_PREPARTS: tuple[str, ...] = get_args(Prepart)
_STEPS = ", ".join((*_PARTS, *_PREPARTS))


def increment(version: Version, step: Increment, identifier: str = "", base: Literal[0, 1] | None = 0) -> Version:
    """The next version.

    ``major``, ``minor`` and ``patch`` end a prerelease that leads to them (``1.2.0-rc.1`` → minor → ``1.2.0``);
    ``release`` ends any. ``premajor``, ``preminor`` and ``prepatch`` begin one; ``prerelease`` goes on with one, or
    begins that of the next patch; ``pre`` is the same without the patch.

    :param identifier: what a prerelease begins with: ``beta`` → ``1.3.0-beta.0``.
    :param base: the number that it begins with; None: no number.
    :raises InvalidIncrement: where the step leads nowhere.
    """
    if step.startswith("pre"):
        start = _start_of(version, step)
        before = _next_prerelease(version, start.prerelease, step, _identifiers(version, step, identifier), base)
        return Version(start.major, start.minor, start.patch, before)
    if step == "release":
        if not version.is_prerelease:
            raise InvalidIncrement(str(version), step, "it is no prerelease")
        return Version(version.major, version.minor, version.patch)
    if step not in _PARTS:
        raise InvalidIncrement(str(version), step, f"the steps are {_STEPS}, pre, release")
    return _next_release(version, step)


def _next_release(version: Version, part: str) -> Version:
    major, minor, patch = version.major, version.minor, version.patch
    leads = version.is_prerelease
    if part == "major":
        return Version(major if leads and not (minor or patch) else major + 1)
    if part == "minor":
        return Version(major, minor if leads and not patch else minor + 1)
    return Version(major, minor, patch if leads else patch + 1)


def _start_of(version: Version, step: str) -> Version:
    """The version whose prerelease is next: a release, or ``version`` itself."""
    if step == "premajor":
        return Version(version.major + 1)
    if step == "preminor":
        return Version(version.major, version.minor + 1)
    if step == "prepatch" or (step == "prerelease" and not version.is_prerelease):
        return Version(version.major, version.minor, version.patch + 1)
    if step in ("prerelease", "pre"):
        return version
    raise InvalidIncrement(str(version), step, f"the steps are {_STEPS}, pre, release")


def _identifiers(version: Version, step: str, text: str) -> Identifiers:
    if text and re.fullmatch(PRERELEASE, text) is None:
        raise InvalidIncrement(str(version), step, f"{text!r} is no prerelease identifier")
    return prerelease_key(text)[1::2] if text else ()


def _next_prerelease(
    version: Version, old: Identifiers, step: str, named: Identifiers, base: Literal[0, 1] | None
) -> Identifiers:
    if not named and base is None:
        raise InvalidIncrement(str(version), step, "without a number, a prerelease needs an identifier")
    begun = named if base is None else (*named, base)
    numbers = [place for place, each in enumerate(old) if isinstance(each, int)]
    if named and (old[: len(named)] != named or len(named) not in numbers):
        if not numbers and old == begun:
            raise InvalidIncrement(str(version), step, "it has this identifier already, and no number to count")
        return begun
    if not numbers:
        return (*old, base or 0)
    last = numbers[-1]
    return (*old[:last], int(old[last]) + 1, *old[last + 1 :])


def truncate(version: Version, step: Step) -> Version:
    """What is left of ``version`` down to one part: ``minor`` of ``1.2.3-rc.1`` is ``1.2.0``.

    :raises InvalidIncrement: ``step`` is none.
    """
    if step in _PREPARTS:
        return Version(version.major, version.minor, version.patch, version.prerelease)
    if step not in _PARTS:
        raise InvalidIncrement(str(version), step, f"the steps are {_STEPS}")
    minor = 0 if step == "major" else version.minor
    return Version(version.major, minor, version.patch if step == "patch" else 0)


def difference(one: Version, other: Version) -> Step | None:
    """The step that leads from the lower to the higher of two versions; None where their precedence is the same."""
    if one == other:
        return None
    low, high = sorted((one, other))
    if low.is_prerelease and not high.is_prerelease:
        if not (low.minor or low.patch):
            return "major"
        if low.key[:3] == high.key[:3]:
            return "patch" if low.patch else "minor"
    for part, prepart in zip(get_args(Part), get_args(Prepart), strict=False):
        if getattr(low, part) != getattr(high, part):
            found: Step = prepart if high.is_prerelease else part
            return found
    return "prerelease"
