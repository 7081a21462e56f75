"""A plugin's folder, while its author works in it."""

from __future__ import annotations

from typing import ClassVar

from automatosx_nb.errors.root import UserError


class FolderInUse(UserError):
    """What is to be made anew would lie among what is somebody's already."""

    code: ClassVar[str] = "folder-in-use"
    path: str

    def problem(self) -> str:
        return f"{self.path} is there already, and is no empty folder."

    def next_step(self) -> str:
        return "Nothing was written. Name a folder that is not there yet."


class NoTests(UserError, LookupError):
    code: ClassVar[str] = "no-tests"
    folder: str

    def problem(self) -> str:
        return f"there are no tests in {self.folder}."

    def next_step(self) -> str:
        return "Write one, as tests/test_….py there: docs/write-a-plugin.md shows what it can do."


class PytestMissing(UserError):
    """``python``: the interpreter that would run the tests."""

    code: ClassVar[str] = "pytest-missing"
    python: str

    def problem(self) -> str:
        return f"tests are run by pytest, which {self.python} does not have."

    def next_step(self) -> str:
        return "Install it there: pip install 'automatosx-nb[verify]'."
