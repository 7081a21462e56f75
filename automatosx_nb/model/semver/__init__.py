"""SemVer 2.0.0 (https://semver.org) and npm's range grammar (https://github.com/npm/node-semver#ranges).

Versions and ranges are read strictly: no leading ``v`` of a version, no missing numbers. What people type is read by
:mod:`.loose`, and only where they type. Text is read in time linear in its length. A version over :data:`MAX_LENGTH`
characters is refused, and so is a range of which one side of a ``||`` is.
"""

from automatosx_nb.errors import InvalidIncrement, InvalidRange, InvalidVersion
from automatosx_nb.model.semver.loose import clean, coerce, loose_range, loose_version
from automatosx_nb.model.semver.range import Range
from automatosx_nb.model.semver.steps import difference, increment, truncate
from automatosx_nb.model.semver.version import MAX_LENGTH, Version

__all__ = [
    "MAX_LENGTH",
    "InvalidIncrement",
    "InvalidRange",
    "InvalidVersion",
    "Range",
    "Version",
    "clean",
    "coerce",
    "difference",
    "increment",
    "loose_range",
    "loose_version",
    "truncate",
]
