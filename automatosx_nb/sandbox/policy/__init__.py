"""What a plugin's source may say: a deny-by-default policy over RestrictedPython.

RestrictedPython's transformer is opened for modern Python where that is safe, and closed where it was open without
need. Every AST node is either in ``vocabulary.ALLOWED`` or refused, also one that Python or RestrictedPython adds.
Items, iteration and unpacking run unguarded: nothing that is handed to plugin code protects its items. Attributes
are read through ``_getattr_`` and set through ``_write_`` (see :mod:`automatosx_nb.sandbox.guards`).

The transformer is one class in five steps, each of which needs the ones before it: ``names``, ``attributes``,
``patterns``, ``statements``, ``imports``.

This is the language wall. It makes the easy attacks impossible and an author's mistakes visible; it is no security
boundary, and the worker's process is confined as if it were not there.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from RestrictedPython import transformer

from automatosx_nb.errors import PluginRefused
from automatosx_nb.sandbox import builtins_, classes, flags, guards, scopes, vocabulary
from automatosx_nb.sandbox.policy.imports import Policy
from automatosx_nb.sandbox.policy.refusal import Refusal

if TYPE_CHECKING:
    import types

    from automatosx_nb.sandbox.policy.names import Importable

__all__ = ["FINGERPRINT", "Policy", "Refusal", "compile_module", "parse"]


def compile_module(
    source: bytes,
    file: str,
    *,
    filename: str,
    importable: Importable,
    source_kb: int = 256,
) -> types.CodeType:
    """Compile one module of a plugin. ``file`` is what errors name; ``filename`` goes into the code object.

    :raises PluginRefused: for what the policy does not allow, for syntax errors, and for a source that is too large
        or nested too deeply.
    """
    tree = parse(source, file, source_kb=source_kb)
    try:
        tree = Policy(tree, importable).visit(tree)
        ast.fix_missing_locations(tree)
        return compile(tree, filename, "exec", dont_inherit=True, optimize=0)
    except Refusal as refusal:
        raise PluginRefused(file, refusal.line, refusal.refused, _sentence(refusal.instead)) from None
    except (RecursionError, MemoryError):
        raise _too_deep(file) from None
    except (SyntaxError, ValueError) as error:
        raise _syntax(file, error) from None


def parse(source: bytes, file: str, *, source_kb: int) -> ast.Module:
    """:raises PluginRefused: if ``source`` is too large, not UTF-8, or not Python."""
    if len(source) > source_kb * 1024:
        size = f"{len(source) / 1024:.0f} KiB, and {source_kb} KiB are allowed"
        raise PluginRefused(file, 0, f"the module has {size}", "Split it into several modules.")
    try:
        return ast.parse(source.decode("utf-8-sig"), file)
    except UnicodeDecodeError as error:
        line = source[: error.start].count(b"\n") + 1
        raise PluginRefused(file, line, "the source is not UTF-8", "Save the file as UTF-8.") from None
    except (RecursionError, MemoryError):
        raise _too_deep(file) from None
    except (SyntaxError, ValueError) as error:
        raise _syntax(file, error) from None


def _too_deep(file: str) -> PluginRefused:
    return PluginRefused(file, 0, "an expression is nested too deeply", "Split it into several statements.")


def _syntax(file: str, error: SyntaxError | ValueError) -> PluginRefused:
    if isinstance(error, SyntaxError):
        version = f"Python {sys.version_info.major}.{sys.version_info.minor}"
        return PluginRefused(file, error.lineno or 0, f"not {version}: {error.msg}", "Correct the syntax.")
    return PluginRefused(file, 0, f"not Python: {error}", "Correct the source.")


def _sentence(text: str) -> str:
    first = text if text.startswith("docs/") else text[:1].upper() + text[1:]
    return first if first.endswith(("?", ".")) or not first else first + "."


def _fingerprint() -> str:
    """Names this policy: a hash of the running Python and of everything that turns sources into code here."""
    ours = sorted(Path(__file__).parent.glob("*.py"))
    used = [
        Path(str(module.__file__)) for module in (builtins_, classes, flags, guards, scopes, vocabulary, transformer)
    ]
    return hashlib.sha256(b"".join([sys.version.encode(), *(file.read_bytes() for file in (*ours, *used))])).hexdigest()


FINGERPRINT = _fingerprint()
"""Code that was compiled under another one is not taken."""
