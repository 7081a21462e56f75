"""Promises that are kept: a service's schema may only change in ways that its own version says.

Within one compatible range of the service's version (``^1.2``; of ``0.2.x``, as npm's caret has it) every caller of an
older version has to be served by every newer one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from automatosx_nb.model.contributions.services import Service
from automatosx_nb.model.release_lines import line_of, said, to_raise
from automatosx_nb.model.schema_changes import reply_breaks, request_breaks


def broken_promises(service: Service, published: Iterable[Service]) -> Iterator[str]:
    """What ``service`` does to callers of those of its name that are published: a sentence for each version."""
    line = line_of(service.version)
    others = {other.version: other for other in published if other.name == service.name}
    kept = sorted(version for version in others if line_of(version) == line and not version.prerelease)
    if service.version.prerelease:
        return
    before = [version for version in kept if version <= service.version][-1:]
    after = [version for version in kept if version > service.version][:1]
    for version in before:
        old = others[version]
        same = version == service.version
        found = [*_breaks(old, service), *(_breaks(service, old) if same else ())]
        if found:
            what = "is published with another schema" if same else f"is published as {version}, which it breaks"
            yield _sentence(service, what, found)
    for version in after:
        found = [*_breaks(service, others[version])]
        if found:
            yield _sentence(service, f"is published as {version}, which would break it", found)


def lost_by_callers(new: Iterable[Service], called: Iterable[Service]) -> Iterator[str]:
    """What ``new``, all services of another release, does to callers of these of the one before: a sentence for each.

    A caller asks for a range of a service's version, which its manifest does not tell: so the next line breaks it, too.
    """
    offered = {service.name: service for service in new}
    for old in called:
        service = offered.get(old.name)
        if service is None:
            yield f"it has no service {old.name!r} any more"
        elif line_of(service.version) != line_of(old.version) or service.version < old.version:
            yield f"its service {old.name!r} is {service.version}, which is not ^{old.version}"
        elif found := [*_breaks(old, service)]:
            yield f"its service {old.name!r} {service.version} breaks {old.version} ({said(found)})"


def _breaks(old: Service, new: Service) -> Iterator[str]:
    yield from request_breaks(old.arguments, new.arguments)
    yield from reply_breaks(old.reply, new.reply)


def _sentence(service: Service, what: str, found: list[str]) -> str:
    raised = f"its {to_raise(service.version)}"
    return f"the service {service.name!r} {service.version} {what} ({said(found)}): raise {raised}, or keep the schema"
