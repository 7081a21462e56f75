"""What a plugin's forms may do in this kernel: call a declared command of the release that made them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from automatosx_nb.errors import FormExpired
from automatosx_nb.host.namespace import readable

if TYPE_CHECKING:
    from automatosx_nb.host.activation import Activation
    from automatosx_nb.host.bus import Undo
    from automatosx_nb.profile.secrets import Secrets

MAX_NAMES = 200


class FormCalls:
    """For the forms of one release, ``id@version``.

    ``on_change`` registers a listener for changes of what is installed, and gives what unregisters it.
    """

    def __init__(
        self,
        release: str,
        activation: Activation,
        variables: Callable[[], Mapping[str, Any]],
        secrets: Callable[[], Secrets],
        on_change: Callable[[Callable[[], object]], Undo],
    ) -> None:
        self.plugin = release.partition("@")[0]
        self.on_change = on_change
        self._release = release
        self._activation = activation
        self._variables = variables
        self._secrets = secrets

    @property
    def expired(self) -> bool:
        """Whether the release is no longer active in this kernel."""
        return self._activation.entry(self._release) is None

    def call(self, command: str, values: Mapping[str, Any], stop: threading.Event) -> object:
        """What the command shows. Raises as ``PluginRunner.run_filled`` does.

        :raises FormExpired:
        """
        entry = self._activation.entry(self._release)
        declared = {} if entry is None else {each["name"]: each for each in entry.contributes.get("commands", ())}
        if entry is None or command not in declared:
            raise FormExpired(self.plugin)
        return self._activation.runner(entry).run_filled(declared[command], values, stop)

    def suggestions(self, kind: str) -> list[str]:
        """What could be named in a field of this type: variables, or secrets of this plugin. The plugin sees none."""
        if kind == "variable":
            return sorted(readable(self._variables()))[:MAX_NAMES]
        if kind == "secret":
            return [each.name for each in self._secrets().names(self.plugin)][:MAX_NAMES]
        return []
