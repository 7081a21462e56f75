"""A cell as the surface of a verb."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from traitlets.config import Config

    from automatosx_nb.app import Marketplace
    from automatosx_nb.config import Settings
    from automatosx_nb.host.kernel import KernelHost
    from automatosx_nb.host.open_notebook import OpenNotebook
    from automatosx_nb.host.runner import PluginRunner
    from automatosx_nb.host.services.core import Notification
    from automatosx_nb.model.generation import InstalledPlugin
    from automatosx_nb.model.progress import Step


class Cell:
    """A verb in a cell asks nobody: what is to be granted is typed with ``--grant``, or ticked in the panel."""

    prefix = "%ax"
    session = True

    def __init__(self, host: KernelHost, notebook: Callable[[], OpenNotebook | None]) -> None:
        self.host = host
        self.notebook = notebook

    def progress(self, _step: Step, /) -> None:
        """A cell shows what was done, when it is done."""

    def confirm(self, _question: str) -> bool | None:
        return None

    def secret(self, prompt: str) -> str | None:
        """The notebook's own field for passwords, which keeps nothing; None where it has none, as in papermill."""
        from getpass import getpass

        from IPython.core.error import StdinNotImplementedError

        try:
            return getpass(prompt)
        except (StdinNotImplementedError, EOFError):
            return None

    def notifications(self) -> Sequence[Notification]:
        return self.host.notifications.all()

    @contextmanager
    def runner(self, _market: Marketplace, plugin: InstalledPlugin) -> Iterator[PluginRunner]:
        """The kernel's own, which goes on when the command has ended."""
        yield self.host.activation.runner(plugin)

    def serve(self, _settings: Settings, _config: Config) -> None:
        """:raises UsageError: always: it would keep the kernel from everything else."""
        from automatosx_nb.errors import UsageError

        raise UsageError("a server does not run in a kernel", "in a terminal: jupyter automatosx serve …")
