from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pytest

from automatosx_nb.model.compatibility import Environment, Unmet, mismatches
from automatosx_nb.model.semver import Version


@dataclass(frozen=True)
class Needs:
    engine: str = "*"
    python: str = ""
    platforms: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()


def unmet(requirements: Iterable[str]) -> list[Unmet]:
    return [Unmet(text, "which is not installed") for text in requirements if text.startswith("absent")]


OUTGROWN = "Look for a newer version: it was made for an older automatosx_nb."
ELSEWHERE = "Run the kernel on macos or windows."
HERE = Environment(Version.parse("1.2.0"), "3.12.4", "linux", unmet)


@pytest.mark.parametrize(
    "needs",
    [
        Needs(),
        Needs(engine="^1.0", python=">=3.11,<4", platforms=("macos", "linux"), packages=("pandas>=2",)),
        Needs(engine=">=1.2.0-0", python="~=3.12"),
    ],
)
def test_what_fits_has_no_mismatch(needs: Needs) -> None:
    assert mismatches(needs, HERE) == ()


@pytest.mark.parametrize(
    ("needs", "reason", "remedy"),
    [
        (Needs(engine="^2.0"), "needs automatosx ^2.0, and this is 1.2.0", "Update automatosx_nb."),
        (Needs(engine="<1"), "needs automatosx <1, and this is 1.2.0", OUTGROWN),
        (Needs(engine="^^1"), "asks for an automatosx that cannot be read: '^^1'", "Tell its publisher."),
        (Needs(python=">=3.13"), "needs Python >=3.13, and this is 3.12.4", "Use a kernel with Python >=3.13."),
        (Needs(python="three"), "asks for a Python that cannot be read: 'three'", "Use a kernel with Python three."),
        (Needs(platforms=("macos", "windows")), "works on macos and windows, and this is linux", ELSEWHERE),
        (Needs(packages=("absent>=2",)), "needs absent>=2, which is not installed", "Run %pip install 'absent>=2'."),
    ],
)  # fmt: skip
def test_what_does_not_fit_says_why_and_what_would_help(needs: Needs, reason: str, remedy: str) -> None:
    [mismatch] = mismatches(needs, HERE)
    assert (mismatch.reason, mismatch.remedy) == (reason, remedy)
    assert str(mismatch) == f"{reason}. {remedy}"


def test_all_that_does_not_fit_is_told_at_once() -> None:
    needs = Needs("^2", ">=3.13", ("windows",), ("absent", "pandas", "absent-too"))
    whats = [mismatch.what for mismatch in mismatches(needs, HERE)]
    assert whats == ["automatosx", "python", "platform", "package", "package"]
