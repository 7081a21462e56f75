"""Where configuration comes from: layers, weakest first, each with the lines that it was written on.

Built-in values < system-wide files < the environment's prefix < the user's files < the project's file < the running
application's configuration < ``AUTOMATOSX_CONFIG`` < ``AUTOMATOSX_REGISTRY``. A project's file comes with whatever
somebody cloned, so it is data (TOML, never code) and can only make things stricter: :mod:`automatosx_nb.config` says
what that means for each setting.
"""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from traitlets.config import Config
from traitlets.config.loader import ConfigFileNotFound, JSONFileConfigLoader, PyFileConfigLoader

from automatosx_nb.errors import InvalidConfiguration
from automatosx_nb.model.place import Place

FILE_NAME = "automatosx_config"
PROJECT_FILE = Path(".automatosx", "config.toml")
VARIABLE = "AUTOMATOSX_CONFIG"
"""Sections as JSON, as in ``{"PermissionPolicy": {"default": "deny"}}``."""
REGISTRY_VARIABLE = "AUTOMATOSX_REGISTRY"
"""A registry's address or a mirror's path, or several of them: ``c.RegistryConnection.address`` and ``further``."""
_ADDRESSES = re.compile(r"\s+(?=https?:|file:|~?/|\.{1,2}/|embedded(?:\s|$))", re.IGNORECASE)
"""Between two of them; a mirror's path may have spaces of its own."""
MOST_BYTES = 1 << 20
Stamp = tuple[tuple[str, int, int, int], ...]
"""Path, time of change, size and inode of each file that is there."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One source of settings. ``name`` is one of system, prefix, user, project, application, environment."""

    name: str
    source: str
    sections: Mapping[str, Any]
    text: str = ""
    """As it was read, to find lines in; empty where it has none."""

    @property
    def only_stricter(self) -> bool:
        return self.name == "project"

    def place(self, section: str, setting: str, value: object = None) -> Place:
        """Where ``setting``, or one ``value`` of its list, was written; without a line where that was computed."""
        python = self.source.endswith(".py")
        return Place(self.source, line_of(self.text, section, setting, value, python=python) if self.text else None)


def read_layers(application: Config, project: Path | None) -> list[Layer]:
    """:param project: the folder that somebody works in; the nearest project file is looked for from there upwards.
    :raises InvalidConfiguration: a file or the variable is not readable; with its line.
    """
    layers = [layer for name, folder in _folders() for layer in _from_folder(name, folder)]
    found = project_file(project)
    if found is not None:
        layers.append(_from_toml(found))
    layers.append(Layer("application", "the running application's configuration", application))
    text = os.environ.get(VARIABLE, "")
    if text.strip():
        layers.append(_from_variable(text))
    address = os.environ.get(REGISTRY_VARIABLE, "")
    if address.strip():
        first, *further = _ADDRESSES.split(address.strip())
        said = {"address": first, "further": further}
        layers.append(Layer("environment", REGISTRY_VARIABLE, {"RegistryConnection": said}))
    return layers


def stamp(project: Path | None) -> Stamp:
    """Changes whenever one of the files comes, goes or is written."""
    paths = [Path(folder, f"{FILE_NAME}.{suffix}") for _, folder in _folders() for suffix in ("json", "py")]
    found = project_file(project)
    return tuple(_stamps([*paths, *([found] if found else [])]))


def _stamps(paths: list[Path]) -> Iterator[tuple[str, int, int, int]]:
    for path in paths:
        try:
            status = path.stat()
        except OSError:
            continue
        yield str(path), status.st_mtime_ns, status.st_size, status.st_ino


def project_file(folder: Path | None) -> Path | None:
    """The nearest one, from ``folder`` upwards."""
    if folder is None:
        return None
    return next((each / PROJECT_FILE for each in (folder, *folder.parents) if (each / PROJECT_FILE).is_file()), None)


def _folders() -> list[tuple[str, str]]:
    """Layer name → folder, the weakest first. The system's are read whatever the environment says."""
    from jupyter_core import paths

    system = list(paths.SYSTEM_CONFIG_PATH)
    rest = [folder for folder in paths.jupyter_config_path() if folder not in system]
    named = [("prefix" if folder in paths.ENV_CONFIG_PATH else "user", folder) for folder in rest]
    return [*(("system", folder) for folder in reversed(system)), *reversed(named)]


def _from_folder(name: str, folder: str) -> Iterator[Layer]:
    for suffix, loader in (("json", JSONFileConfigLoader), ("py", PyFileConfigLoader)):
        path = Path(folder, f"{FILE_NAME}.{suffix}")
        try:
            loaded = loader(path.name, path=folder).load_config()
            yield Layer(name, str(path), loaded, path.read_text("utf-8"))
        except ConfigFileNotFound:
            continue
        except Exception as error:  # a config file is the user's own code: anything can come out of it
            raise InvalidConfiguration(_where(path, error), str(error)) from error


def _where(path: Path, error: Exception) -> str:
    """The file, and the line on which reading or running it failed."""
    line = getattr(error, "lineno", None)
    trace = error.__traceback__
    while line is None and trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return str(Place(str(path), line))


def _from_toml(path: Path) -> Layer:
    import tomllib

    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise InvalidConfiguration(str(path), f"it is larger than {MOST_BYTES} bytes")
        text = data.decode("utf-8")
        return Layer("project", str(path), tomllib.loads(text), text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        line = re.search(r"at line (\d+)", str(error))
        raise InvalidConfiguration(str(Place(str(path), int(line[1]) if line else None)), str(error)) from error


def _from_variable(text: str) -> Layer:
    try:
        sections = json.loads(text)
        if not (isinstance(sections, dict) and all(isinstance(each, dict) for each in sections.values())):
            raise InvalidConfiguration(
                VARIABLE, 'it has to be sections, as in {"PermissionPolicy": {"default": "deny"}}'
            )
    except (ValueError, RecursionError) as error:
        raise InvalidConfiguration(VARIABLE, f"it is no JSON: {error}") from error
    return Layer("environment", VARIABLE, sections)


def line_of(text: str, section: str, setting: str, value: object = None, *, python: bool) -> int | None:
    """The line (from 1) of a Python, JSON or TOML text on which ``setting``, or one ``value`` in it, was written."""
    if python:
        return _line_of_python(ast.parse(text), f"{section}.{setting}", value)
    at = _after(text, section, 0)
    at = _after(text, setting, at) if at is not None else None
    if at is not None and value is not None:
        spellings = {json.dumps(value), json.dumps(value, ensure_ascii=False), f"'{value}'"}
        places = [place for spelling in spellings if (place := text.find(spelling, at)) >= 0]
        at = min(places, default=None)
    return None if at is None else text.count("\n", 0, at) + 1


def _after(text: str, word: str, start: int) -> int | None:
    found = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)").search(text, start)
    return found.end() if found else None


def _line_of_python(tree: ast.Module, target: str, value: object) -> int | None:
    for statement in ast.walk(tree):
        if not isinstance(statement, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Expr):
            continue
        if f".{target}" not in ast.unparse(statement):
            continue
        if value is None:
            return statement.lineno
        for node in ast.walk(statement):
            if isinstance(node, ast.Constant) and node.value == value:
                return node.lineno
    return None
