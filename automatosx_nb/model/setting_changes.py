"""Settings that stay what users set them to: what a release changes about them has to be what its version says.

A setting is written by users, as a service's request is by callers, so within one line of versions
(:mod:`.release_lines`) every value that was valid stays valid, and none is declared no longer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from automatosx_nb.model.release_lines import broken
from automatosx_nb.model.schema_changes import request_breaks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from automatosx_nb.model.contributions.settings import Setting
    from automatosx_nb.model.semver import Version


def broken_settings(
    version: Version, settings: Iterable[Setting], before: Version, declared: Iterable[Setting]
) -> Iterator[str]:
    """What release ``version`` with its ``settings`` does to who set those of ``before``: a sentence for each."""
    now = {setting.name: setting for setting in settings}
    for old in declared:
        new = now.get(old.name)
        found = ["it is declared no longer"] if new is None else [*request_breaks(old.schema, new.schema, name="value")]
        if found:
            yield broken(f"the setting {old.name!r}", "set it", found, version=version, before=before)
