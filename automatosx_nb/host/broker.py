"""Every call a plugin makes to the host: the grant is checked here, each time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from automatosx_nb.errors import InvalidRequest
from automatosx_nb.model.permissions import Permission
from automatosx_nb.model.spelling import nearest

if TYPE_CHECKING:
    from automatosx_nb.host.capabilities import Capability
    from automatosx_nb.host.grants import Grants


class CapabilityBroker:
    """Routes one plugin's requests to its capabilities. Deny by default: what is not listed does not exist."""

    def __init__(self, grants: Grants, capabilities: Mapping[str, Capability]) -> None:
        self.grants = grants
        self._capabilities = capabilities

    def ask(self, capability: str, method: str, args: Sequence[object]) -> object:
        """:raises PermissionDenied:
        :raises InvalidRequest: there is no such capability.
        """
        found = self._capabilities.get(capability)
        if found is None:
            known = ", ".join(nearest(capability, self._capabilities) or sorted(self._capabilities))
            raise InvalidRequest(capability, method, f"the capabilities {known}")
        if found.permission is not None:
            self.grants.require(Permission.parse(found.permission))
        return found.ask(method, args)

    def close(self) -> None:
        for capability in self._capabilities.values():
            capability.close()
