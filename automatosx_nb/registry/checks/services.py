"""Services keep what they promised, have ids that are theirs, and are called of plugins that can be there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automatosx_nb.model.core_services import CORE_SERVICES
from automatosx_nb.model.permissions import Permission
from automatosx_nb.model.permissions.services import provider_of
from automatosx_nb.model.service_changes import broken_promises
from automatosx_nb.registry.checks.submission import Check, Finding, Submission

if TYPE_CHECKING:
    from collections.abc import Iterator


def _find(submission: Submission) -> Iterator[Finding]:
    manifest = submission.package.manifest
    if manifest.id in CORE_SERVICES:
        yield Finding("error", f"the id {manifest.id!r} is that of services of the host: choose another", "plugin.toml")
    published = [one for other in submission.published for one in other.contributes.services]
    for service in manifest.contributes.services:
        for sentence in broken_promises(service, published):
            yield Finding("error", sentence, "plugin.toml")
    known = {manifest.id, *CORE_SERVICES, *manifest.requires.plugins, *manifest.requires.optional_plugins}
    asked = [Permission.parse(text) for text in (*manifest.permissions, *manifest.optional_permissions)]
    providers = {provider_of(each.scope) for each in asked if each.kind == "services"}
    for plugin in sorted(providers - known):
        hint = "name it under 'plugins' or 'optional-plugins' of [requires], so that it can be there"
        yield Finding(
            "warning", f"asks to call services of {plugin!r}, which it does not require: {hint}", "plugin.toml"
        )


CHECK = Check("services", "Its services break no promise that is published.", _find)
