"""Notebooks that carry a lock, or are to carry one."""

from __future__ import annotations

from typing import ClassVar

from automatosx_nb.errors.root import UserError, listed


class InvalidNotebook(UserError, ValueError):
    code: ClassVar[str] = "invalid-notebook"
    path: str
    reason: str

    def problem(self) -> str:
        return f"{self.path} is no notebook that can be read: {self.reason}."

    def next_step(self) -> str:
        return (
            "Nothing was changed. Open it in Jupyter and save it again; an older format becomes nbformat 4 with "
            "jupyter nbconvert --to notebook."
        )


class NotebookNotFound(UserError, LookupError):
    code: ClassVar[str] = "notebook-not-found"
    path: str

    def problem(self) -> str:
        return f"there is no notebook {self.path}."

    def next_step(self) -> str:
        return "Nothing was changed. Name the file as it is on disk, from the working folder."


class NotebookUnlocked(UserError, LookupError):
    """The notebook carries no lock."""

    code: ClassVar[str] = "notebook-unlocked"
    path: str

    def problem(self) -> str:
        return f"{self.path} carries no lock: nobody wrote down what it needs."

    def next_step(self) -> str:
        return f"Write one where its plugins are installed: %ax lock --into-notebook {self.path}."


class NotebookUnsaved(UserError):
    """The file of the open notebook lacks the cell that runs: what is on the screen is newer."""

    code: ClassVar[str] = "notebook-unsaved"
    path: str

    def problem(self) -> str:
        return f"{self.path} is not saved: the cell that runs is not in the file."

    def next_step(self) -> str:
        return (
            "Nothing was changed, for a lock in an older file would set it against what you see. Save the notebook, "
            "and run the cell again."
        )


class NotebookUsesNothing(UserError):
    """No cell of the notebook uses an installed plugin, as far as its text tells."""

    code: ClassVar[str] = "notebook-uses-nothing"
    path: str

    def problem(self) -> str:
        return f"no code cell of {self.path} uses a plugin that is installed."

    def next_step(self) -> str:
        return (
            "Nothing was changed. Install what it needs and save it, or write down everything that is installed: "
            "%ax lock --all --into-notebook FILE."
        )


class NotebookMisfit(UserError):
    """What a notebook needs cannot be beside what is installed. ``misfits`` are sentences."""

    code: ClassVar[str] = "notebook-misfit"
    path: str
    misfits: tuple[str, ...]

    def problem(self) -> str:
        return listed(f"what {self.path} needs does not go with what is installed:", self.misfits)

    def next_step(self) -> str:
        return (
            "Nothing was changed. Remove or unpin what stands in the way, or give the notebook's folder plugins of its "
            "own with jupyter automatosx project init, and sync there."
        )
