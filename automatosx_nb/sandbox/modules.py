"""A plugin's own modules: compiled under the policy, imported from their sources in memory, and looked up by name."""

from __future__ import annotations

import builtins
import contextlib
import importlib
import marshal
import sys
import types
from typing import TYPE_CHECKING, Any

from automatosx_nb.errors import PluginRefused, UnknownHandler
from automatosx_nb.model.spelling import nearest
from automatosx_nb.sandbox import builtins_, facades, guards, libraries, policy, protocol
from automatosx_nb.sandbox.protocol import Frame
from automatosx_nb.sandbox.vocabulary import MODULE_INSTEAD, NAME_INSTEAD
from automatosx_nb.sdk import _wire

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

MAX_FRAMES = 40
"""Most lines of a traceback that are kept: the outermost and the innermost half of them."""


class ModuleView:
    """A module of the plugin, as its other modules see it: the public names of its namespace, read-only."""

    __slots__ = ("_namespace", "_title")

    def __init__(self, title: str, namespace: Mapping[str, Any]) -> None:
        object.__setattr__(self, "_title", title)
        object.__setattr__(self, "_namespace", namespace)

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and name in self._namespace:
            return self._namespace[name]
        raise AttributeError(f"{self._title} has no {name!r}{facades.did_you_mean(name, self._namespace)}")

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{self._title}.{name} cannot be set from another module: give the module a function")

    def __repr__(self) -> str:
        return f"<module {self._title}>"


class PluginModules:
    """The modules of one plugin.

    ``sources`` maps ``pkg/mod.py`` (relative to ``src/``) to its bytes; ``granted`` are libraries outside the
    standard library; ``write`` takes what plugin code prints. ``compiled``: code of these very sources, from
    :meth:`compile_ahead`. ``language=False`` compiles and imports as plain Python does: it exists to test the other
    walls alone.
    """

    def __init__(
        self,
        plugin: str,
        sources: Mapping[str, bytes],
        *,
        granted: Collection[str],
        write: Callable[[str], None],
        source_kb: int = 256,
        language: bool = True,
        compiled: protocol.Compiled | None = None,
    ) -> None:
        self._plugin = plugin
        self._sources = {_dotted(file): (file, source) for file, source in sources.items() if file.endswith(".py")}
        self._packages = frozenset(_packages(self._sources, sources))
        self._granted = frozenset(granted)
        self._source_kb = source_kb
        self._language = language
        known = language and compiled is not None and compiled.policy == policy.FINGERPRINT
        self._code = dict(compiled.modules) if known and compiled is not None else {}
        self._loaded: dict[str, types.ModuleType] = {}
        self._views: dict[str, ModuleView] = {}
        self._builtins = builtins_.builtins_for(write, self._import)
        if not language:
            self._builtins = {**vars(builtins), "print": builtins_.printer(write), "__import__": self._import}
        if language:
            _wire.granted_to(plugin, self._granted, prepare=facades.load)
        else:
            _wire.granted_to(plugin, None)
        libraries.print_to(write)

    # for the worker

    def handler(self, ref: str) -> Callable[..., Any]:
        """The function that ``module.sub:function`` names; imports its module first.

        :raises UnknownHandler: if there is no such module or function.
        :raises PluginRefused: if the policy refuses one of the modules that this imports.
        :raises Exception: whatever the plugin's modules raise while they are imported.
        """
        module, _, function = ref.partition(":")
        if not self._is_own(module):
            raise UnknownHandler(self._plugin, ref, f"there is no module {module!r}", nearest(module, self._sources))
        namespace = vars(self._load(module))
        public = [name for name, value in namespace.items() if callable(value) and not name.startswith("_")]
        if function not in public:
            raise UnknownHandler(
                self._plugin,
                ref,
                f"{module!r} has no function {function!r}",
                tuple(f"{module}:{name}" for name in nearest(function, public)),
            )
        found: Callable[..., Any] = namespace[function]
        return found

    def check(self) -> None:
        """Compile every module without running any.

        :raises PluginRefused: for the first module, by name, that the policy refuses.
        """
        for name, (file, source) in sorted(self._sources.items()):
            self._compile(name, file, source)

    def compile_ahead(self, max_bytes: int) -> protocol.Compiled:
        """The code of the modules, as many as ``max_bytes`` of source hold, without those that the policy refuses."""
        left = max_bytes
        for name, (file, source) in sorted(self._sources.items()):
            left -= len(source)
            if left >= 0:
                with contextlib.suppress(PluginRefused):
                    self._code[name] = marshal.dumps(self._compile(name, file, source))
        return protocol.Compiled(policy.FINGERPRINT, self._code)

    def frames(self, error: BaseException) -> list[Frame]:
        """The plugin's own lines in ``error``'s traceback, outermost first, at most :data:`MAX_FRAMES` of them."""
        found = []
        step = error.__traceback__
        while step is not None:
            frame = self._frame(step)
            if frame is not None:
                found.append(frame)
            step = step.tb_next
        half = MAX_FRAMES // 2
        return found if len(found) <= MAX_FRAMES else found[:half] + found[-half:]

    def _frame(self, step: types.TracebackType) -> Frame | None:
        code = step.tb_frame.f_code
        prefix = _filename(self._plugin, "")
        if not code.co_filename.startswith(prefix):
            return None
        file = code.co_filename.removeprefix(prefix)
        _, source = self._sources.get(_dotted(file), ("", b""))
        lines = source.decode("utf-8-sig", "replace").splitlines()
        text = lines[step.tb_lineno - 1].strip() if 0 < step.tb_lineno <= len(lines) else ""
        return Frame(file, step.tb_lineno, code.co_name, text)

    # importing

    def _is_own(self, module: str) -> bool:
        return module in self._sources or module in self._packages

    def _load(self, name: str) -> types.ModuleType:
        loaded = self._loaded.get(name)
        if loaded is not None:
            return loaded
        parent, _, last = name.rpartition(".")
        if parent:
            self._load(parent)
        file, source = self._sources.get(name, (f"{name.replace('.', '/')}/__init__.py", b""))
        code = self._compile(name, file, source)
        module = self._new_module(name)
        self._loaded[name] = module
        try:
            exec(code, vars(module))  # noqa: S102 - compiled under the policy, and the process is confined
        except BaseException:
            del self._loaded[name]
            raise
        if parent:
            vars(self._loaded[parent])[last] = self._view(name)
        return module

    def _new_module(self, name: str) -> types.ModuleType:
        """Known to ``sys.modules`` under a name that no library can have: dataclasses look a class's module up."""
        module = types.ModuleType(f"{self._plugin}:{name}")
        vars(module).update(
            guards.GUARDS,
            __builtins__=self._builtins,
            __package__=name if name in self._packages else name.rpartition(".")[0],
        )
        sys.modules[module.__name__] = module
        return module

    def _compile(self, name: str, file: str, source: bytes) -> types.CodeType:
        filename = _filename(self._plugin, file)
        if not self._language:
            return compile(source, filename, "exec", dont_inherit=True)
        if name in self._code:
            code: types.CodeType = marshal.loads(self._code[name])  # noqa: S302 - made of this source, and confined
            return code
        package = name if name in self._packages else name.rpartition(".")[0]

        def importable(module: str, level: int, names: tuple[str, ...]) -> tuple[str, str] | None:
            return self._refusal(_absolute(module, level, package), names)

        return policy.compile_module(source, file, filename=filename, importable=importable, source_kb=self._source_kb)

    def _view(self, name: str) -> Any:
        if not self._language:
            return self._loaded[name]
        view = self._views.get(name)
        if view is None:
            view = self._views[name] = ModuleView(name, vars(self._loaded[name]))
        return view

    def _refusal(self, module: str, names: Sequence[str]) -> tuple[str, str] | None:
        """Why ``module`` cannot be imported, and what to do; None if it can."""
        if self._is_own(module):
            return None
        if not facades.exists(module):
            known = [*facades.SPECS, *facades.PARENTS, *self._sources]
            listed = f"docs/plugin-python.md lists the modules{facades.did_you_mean(module, known)}"
            instead = MODULE_INSTEAD.get(module.partition(".")[0], listed)
            return f"the module {module!r} is not open to plugins", instead
        permission = facades.permission_for(module)
        if permission is not None:
            if permission.partition(":")[2] in self._granted:
                return None
            ask = f'ask for it in plugin.toml under [permissions]: "{permission}" = "<why you need it>"'
            return f"importing {module!r} needs the permission {permission!r}", ask
        facade = facades.load(module)
        for name in names:
            if name not in facade.__dict__:
                return f"{module}.{name} is not open to plugins", _name_instead(module, name)
        return None

    def _import(
        self,
        name: str,
        importer: Mapping[str, Any] | None = None,
        _locals: object = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> Any:
        """``__import__`` of plugin code. What it hands out is a facade or a view, never a module."""
        if type(fromlist) is list:
            return _import_for_c(name)
        package = str((importer or {}).get("__package__", ""))
        module = _absolute(name, level, package)
        names = tuple(fromlist or ())
        if self._is_own(module):
            return self._import_own(module, names)
        if not self._language:
            return builtins.__import__(name, importer, None, names, level)
        refusal = self._refusal(module, names)
        if refusal is not None:
            raise ImportError(f"{refusal[0]}: {refusal[1]}")
        facade = _facade(module)
        for wanted in names:
            if wanted not in facade.__dict__:
                raise ImportError(f"{module}.{wanted} is not open to plugins")
        return facade if names else facades.load(module.partition(".")[0])

    def _import_own(self, module: str, names: Sequence[str]) -> Any:
        self._load(module)
        if not names:
            return self._view(module.partition(".")[0])
        namespace = vars(self._loaded[module])
        for wanted in names:
            if wanted in namespace and not wanted.startswith("_"):
                continue
            if not self._is_own(f"{module}.{wanted}"):
                hint = facades.did_you_mean(wanted, namespace)
                raise ImportError(f"cannot import {wanted!r} from {module!r}{hint}")
            self._load(f"{module}.{wanted}")
            namespace[wanted] = self._view(f"{module}.{wanted}")
        return self._view(module)


def _name_instead(module: str, name: str) -> str:
    version = f"Python {sys.version_info.major}.{sys.version_info.minor}"
    if name in facades.SPECS[module].newer.split():
        return f"{version} does not have it yet: import it inside 'try: ... except ImportError:', with a way around"
    listed = facades.did_you_mean(name, facades.names_of(facades.load(module)))
    return NAME_INSTEAD.get(f"{module}.{name}", f"docs/plugin-python.md lists its names{listed}")


def _facade(module: str) -> facades.Facade:
    top = module.partition(".")[0]
    try:
        return facades.load(module)
    except ModuleNotFoundError:
        raise ImportError(f"{top} is not installed in the notebook's environment: pip install {top}") from None


def _import_for_c(name: str) -> None:
    """C code of a library asks the ``__import__`` of whoever called it (``PyImport_Import``): ``strptime`` does so, and
    numpy at an array's first ``mean``. Told by the empty list, where an import statement has a tuple or None. It drops
    what it gets and looks the module up by itself, so nothing is handed out here.
    """
    importlib.import_module(name)


def _filename(plugin: str, file: str) -> str:
    return f"<{plugin}>/{file}"


def _dotted(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _packages(modules: Mapping[str, tuple[str, bytes]], files: Mapping[str, bytes]) -> set[str]:
    found = {name.rsplit(".", count)[0] for name in modules for count in range(1, name.count(".") + 1)}
    return found | {_dotted(file) for file in files if file.endswith("/__init__.py")}


def _absolute(module: str, level: int, package: str) -> str:
    """The absolute name of ``from ..module import``; '' where it leads above the plugin's sources."""
    if not level:
        return module
    parts = package.split(".") if package else []
    if level > len(parts):
        return module if level == 1 and not parts else ""
    base = parts[: len(parts) - level + 1]
    return ".".join([*base, module] if module else base)
