"""What the sources use, held against what the manifest asks for: neither more nor less.

Static, so a first reading only: at run time the host and the policy refuse what was not granted.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from automatosx_nb.errors import InvalidPermission
from automatosx_nb.model.core_services import needed_for
from automatosx_nb.model.inspection import PermissionUse
from automatosx_nb.model.libraries import GRANTABLE_MODULES
from automatosx_nb.model.permissions import KINDS, Permission, is_granted
from automatosx_nb.model.permissions.network import request_scope
from automatosx_nb.model.urls import parse_url
from automatosx_nb.registry.checks.submission import Check, Finding, Submission

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from automatosx_nb.package import Package

_SDK = "automatosx_nb.sdk"
_CAPABILITIES = {
    f"{_SDK}.storage": "storage",
    f"{_SDK}.http": "network",
    f"{_SDK}.files": "files",
    f"{_SDK}.secrets": "secrets",
    f"{_SDK}.variables": "variables",
}
"""SDK module → the kind of permission without which it refuses."""
_SERVICES = f"{_SDK}.services"
"""Needs a permission for each plugin whose services are called, and none for some of the host's own."""
_CALLS: Mapping[str, Callable[[str], str]] = {
    f"{_SDK}.secrets.get": "secrets:{}".format,
    f"{_SDK}.permissions.request": str,
    f"{_SDK}.http.get": lambda url: f"network:{request_scope('GET', parse_url(url))}",
    f"{_SDK}.http.post": lambda url: f"network:{request_scope('POST', parse_url(url))}",
    **{f"{_SDK}.files.{name}": "files:read:{}".format for name in ("read_bytes", "read_text", "exists", "list")},
    **{f"{_SDK}.files.{name}": "files:write:{}".format for name in ("write_bytes", "write_text")},
}
"""SDK function → the permission that it needs for a first argument that is written out."""
_METHODS = {
    "to_arrow": "modules:pyarrow",
    "to_numpy": "modules:numpy",
    "to_pandas": "modules:pandas",
    "to_polars": "modules:polars",
}
"""Method of an SDK object → the permission; found by name, so it counts as a use but is no proof of one."""

_LOOKED_AT = (ast.Import, ast.ImportFrom, ast.Attribute, ast.Call)


class _Use(NamedTuple):
    permission: str
    file: str
    line: int
    what: str
    certain: bool = True


def _find(submission: Submission) -> Iterator[Finding]:
    manifest = submission.package.manifest
    asked = {*manifest.permissions, *manifest.optional_permissions}
    held = [Permission.parse(text) for text in asked]
    uses = [use for file, source in submission.package.sources.items() for use in _uses(file, source)]
    for use in _first(uses):
        if not _is_asked_for(use.permission, held):
            yield Finding(
                "error",
                f"{use.what} needs {_shown(use.permission)}, which plugin.toml does not ask for",
                use.file,
                use.line,
            )
    used = {use.permission for use in uses}
    for permission in sorted(held):
        of_kind = permission.kind if permission.kind in (*_CAPABILITIES.values(), "services") else str(permission)
        if permission.kind in ("modules", "services", *_CAPABILITIES.values()) and of_kind not in used:
            yield Finding("warning", f"asks for {str(permission)!r}, which nothing in src/ uses", "plugin.toml")


def _is_asked_for(needed: str, held: Sequence[Permission]) -> bool:
    """``needed`` is a permission, or a kind of which any will do."""
    if needed in _CAPABILITIES.values():
        return any(permission.kind == needed for permission in held)
    return is_granted(Permission.parse(needed), held)


def _shown(needed: str) -> str:
    bare = needed in _CAPABILITIES.values() and not KINDS[needed].scope_optional
    return f"a permission of the kind '{needed}:…'" if bare else f"the permission {needed!r}"


def uses_in(package: Package) -> tuple[PermissionUse, ...]:
    """Where the sources and the contributions use what has to be granted, by file and line."""
    found = [PermissionUse(*use) for file, source in package.sources.items() for use in _uses(file, source)]
    for kind, some in package.manifest.contributes:
        found += [PermissionUse(text, "plugin.toml", 0, f"{kind}: {one.label}") for one in some for text in one.needs]
    return tuple(sorted(found, key=lambda use: (use.permission, use.file, use.line)))


def _first(uses: list[_Use]) -> list[_Use]:
    """The first certain use of each permission in each file."""
    first: dict[tuple[str, str], _Use] = {}
    for use in sorted((use for use in uses if use.certain), key=lambda use: (use.file, use.line)):
        first.setdefault((use.permission, use.file), use)
    return list(first.values())


def _uses(file: str, source: bytes) -> Iterator[_Use]:
    if not file.endswith(".py"):
        return
    try:
        tree = ast.parse(source, file)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return  # the check that starts the plugin says it, with file and line
    nodes = [node for node in ast.walk(tree) if isinstance(node, _LOOKED_AT)]
    names = _names(nodes)
    for node in nodes:
        yield from _calls(file, node, names)
        yield from _service_calls(file, node, names)
        for target in _targets(node, names):
            if target == _SERVICES:
                yield _Use("services", f"src/{file}", getattr(node, "lineno", 0), target, certain=False)
            permission = _permission(target)
            if permission is not None:
                line = getattr(node, "lineno", 0)
                yield _Use(permission, f"src/{file}", line, f"the use of {target}")
        if isinstance(node, ast.Attribute) and node.attr in _METHODS:
            yield _Use(_METHODS[node.attr], f"src/{file}", node.lineno, node.attr, certain=False)


def _calls(file: str, node: ast.AST, names: Mapping[str, str]) -> Iterator[_Use]:
    """A call of the sdk that says in so many words what it wants."""
    if not isinstance(node, ast.Call) or not node.args:
        return
    target, first = _called(node, names), node.args[0]
    if target in _CALLS and isinstance(first, ast.Constant) and isinstance(first.value, str):
        with suppress(InvalidPermission, ValueError):  # what is none at run time is refused there
            permission = str(Permission.parse(_CALLS[target](first.value)))
            what = f"{target.removeprefix(_SDK + '.')}({first.value!r:.80})"
            yield _Use(permission, f"src/{file}", node.lineno, what)


def _called(node: ast.Call, names: Mapping[str, str]) -> str:
    head, *rest = _dotted(node.func)
    return ".".join([names.get(head, head), *rest])


def _service_calls(file: str, node: ast.AST, names: Mapping[str, str]) -> Iterator[_Use]:
    """``services.get("acme.tables").summarise(…)``, written in one."""
    if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Call) and node.value.args):
        return
    first = node.value.args[0]
    if _called(node.value, names) != f"{_SERVICES}.get" or not isinstance(first, ast.Constant):
        return
    with suppress(InvalidPermission, TypeError):
        needed = needed_for(str(first.value), node.attr)
        if needed is not None:
            permission = str(Permission.parse(str(needed)))
            yield _Use(permission, f"src/{file}", node.lineno, f"services.get({first.value!r:.80}).{node.attr}")


def _names(nodes: Iterable[ast.AST]) -> dict[str, str]:
    """Imported names and what they stand for, as ``sdk`` after ``from automatosx_nb import sdk``."""
    names = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            roots = {alias.name.partition(".")[0] for alias in node.names if not alias.asname}
            names.update({root: root for root in roots})
            names.update({alias.asname: alias.name for alias in node.names if alias.asname})
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "automatosx_nb":
            names.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
    return names


def _targets(node: ast.AST, names: Mapping[str, str]) -> Iterator[str]:
    """Full names of what an import or a dotted name reaches."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
    elif isinstance(node, ast.Attribute):
        head, *rest = _dotted(node)
        if head in names:
            yield ".".join([names[head], *rest])


def _dotted(node: ast.expr) -> list[str]:
    """The parts of ``a.b.c``; one empty part where it does not begin with a name."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return [node.id, *reversed(parts)] if isinstance(node, ast.Name) else [""]


def _permission(target: str) -> str | None:
    if target in _CAPABILITIES:
        return _CAPABILITIES[target]
    module = target.partition(".")[0]
    return f"modules:{module}" if module in GRANTABLE_MODULES else None


CHECK = Check("permissions", "The sources use what the manifest asks for, and nothing else.", _find)
