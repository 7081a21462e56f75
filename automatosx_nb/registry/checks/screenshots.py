"""Screenshots are pictures, of a size that anybody can be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automatosx_nb.model.screenshots import faults
from automatosx_nb.registry.checks.submission import Check, Finding, Submission

if TYPE_CHECKING:
    from collections.abc import Iterator


def _find(submission: Submission) -> Iterator[Finding]:
    package = submission.package
    for one in package.manifest.screenshots:
        for fault in faults(one.file, package.files[one.file]):
            yield Finding("error", fault, one.file)


def _applies(submission: Submission) -> bool:
    return bool(submission.package.manifest.screenshots)


CHECK = Check("screenshots", "Its screenshots can be shown.", _find, _applies)
