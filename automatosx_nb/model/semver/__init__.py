"""SemVer 2.0.0 (https://semver.org) and npm's range grammar (https://github.com/npm/node-semver#ranges).

Versions are read strictly: no leading ``v``, no missing numbers. Text is read in time linear in its length. A version
over :data:`MAX_LENGTH` characters is refused, and so is a range of which one side of a ``||`` is.
"""

from automatosx_nb.errors import InvalidRange, InvalidVersion
from automatosx_nb.model.semver.range import Range
from automatosx_nb.model.semver.version import MAX_LENGTH, Version

__all__ = ["MAX_LENGTH", "InvalidRange", "InvalidVersion", "Range", "Version"]
