"""A started plugin passes its self-test; what it raises is told with the line, all else with that of the function."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from automatosx_nb.errors import AutomatosxError, LimitExceeded, PluginFailed
from automatosx_nb.registry.checks.submission import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from automatosx_nb.sandbox.supervisor import Worker


def find_failures(worker: Worker, handler: str, sources: Mapping[str, bytes]) -> Iterator[Finding]:
    """Call ``handler`` (``module:function``) of ``sources`` in ``worker``, which has loaded them."""
    from automatosx_nb.sandbox.self_test import run_self_test

    try:
        run_self_test(worker, handler)
    except AutomatosxError as error:
        file, line = _place(error, handler, sources)
        yield Finding("error", f"the self-test {handler!r} does not pass: {_reason(error)}", f"src/{file}", line)


def _reason(error: AutomatosxError) -> str:
    """With what its author can do about it."""
    from automatosx_nb.sandbox.self_test import why_it_failed

    if isinstance(error, PluginFailed):
        said = ": ".join(filter(None, (error.type_name, error.message)))
        raised_by = error.frames[-1].text if error.frames else ""
        return f"{said}, raised by {raised_by!r}" if raised_by else said
    if isinstance(error, LimitExceeded):
        return f"{error.problem()} Have it test less."
    return why_it_failed(error)


def _place(error: AutomatosxError, handler: str, sources: Mapping[str, bytes]) -> tuple[str, int]:
    if isinstance(error, PluginFailed) and error.frames:
        return error.frames[-1].file, error.frames[-1].line
    module, _, function = handler.partition(":")
    path = module.replace(".", "/")
    file = f"{path}.py" if f"{path}.py" in sources else f"{path}/__init__.py"
    for node in ast.walk(ast.parse(sources[file])):
        if isinstance(node, ast.FunctionDef) and node.name == function:
            return file, node.lineno
    return file, 0  # imported from elsewhere
