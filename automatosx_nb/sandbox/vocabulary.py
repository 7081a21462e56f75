"""The words of the language policy: which syntax a plugin may use, and what to use instead of what it may not."""

from __future__ import annotations

_words = str.split

ALLOWED = frozenset(
    _words("""
    Module Expr Constant List Tuple Set Dict JoinedStr FormattedValue Name Load Store Del Starred Slice Subscript
    UnaryOp UAdd USub Not Invert BinOp Add Sub Mult Div FloorDiv Mod Pow LShift RShift BitOr BitXor BitAnd MatMult
    BoolOp And Or Compare Eq NotEq Lt LtE Gt GtE Is IsNot In NotIn Call keyword IfExp NamedExpr Attribute
    ListComp SetComp GeneratorExp DictComp comprehension Assign AnnAssign AugAssign Raise Assert Delete Pass
    Import ImportFrom alias If For While Break Continue Try ExceptHandler With withitem
    Match match_case MatchValue MatchSingleton MatchSequence MatchMapping MatchClass MatchStar MatchAs MatchOr
    FunctionDef Lambda arguments arg Return Yield YieldFrom Global Nonlocal ClassDef
    """)
)
"""Every AST node class that a plugin's source may contain."""

NO_ASYNC = "a handler runs to its end, and the host does not wait on event loops: write a plain 'def'"
_GENERICS = "use typing.TypeVar and typing.Generic, which work on every supported Python"
REFUSED: dict[str, tuple[str, str]] = {
    "AsyncFunctionDef": ("async functions are not allowed", NO_ASYNC),
    "AsyncFor": ("async for is not allowed", NO_ASYNC),
    "AsyncWith": ("async with is not allowed", NO_ASYNC),
    "Await": ("await is not allowed", NO_ASYNC),
    "TryStar": ("except* is not allowed", "catch the exceptions one by one with 'except'"),
    "TypeAlias": ("the type statement is not allowed", "write Name: TypeAlias = ... with typing.TypeAlias"),
    "TypeVar": ("type parameters are not allowed", _GENERICS),
    "ParamSpec": ("type parameters are not allowed", _GENERICS),
    "TypeVarTuple": ("type parameters are not allowed", _GENERICS),
    "TemplateStr": ("template strings are not allowed", "write an f-string"),
    "Interpolation": ("template strings are not allowed", "write an f-string"),
}
"""Node classes with an answer of their own: what is refused, and what to write instead."""

_HOST = (
    "a handler has no processes and no environment: take a value as an argument of the magic, or files through "
    "automatosx_nb.sdk.files"
)
_NETWORK = 'have the host send it: automatosx_nb.sdk.http, with "network:<host>" under [permissions]'
_LIBRARY = (
    'of libraries, ask for "modules:numpy", "modules:pandas", "modules:polars" or "modules:pyarrow" in plugin.toml'
)
_DRAW = "return sdk.ui nodes: a table, a metric, or a picture as SVG or PNG"
_ARGUMENTS = "declare the arguments of the magic in plugin.toml"
_NO_INSIDE = "a plugin does not look into the interpreter"
MODULE_INSTEAD: dict[str, str] = {
    **dict.fromkeys(("os", "sys", "pathlib", "shutil", "subprocess", "tempfile", "glob", "platform", "signal"), _HOST),
    **dict.fromkeys(("socket", "requests", "httpx", "aiohttp", "http", "ssl", "urllib", "urllib3"), _NETWORK),
    **dict.fromkeys(("duckdb", "scipy", "sklearn", "statsmodels"), _LIBRARY),
    **dict.fromkeys(("altair", "bokeh", "matplotlib", "plotly", "seaborn", "IPython", "ipywidgets", "rich"), _DRAW),
    **dict.fromkeys(("argparse", "click", "typer"), _ARGUMENTS),
    **dict.fromkeys(("ast", "builtins", "ctypes", "gc", "importlib", "inspect", "traceback", "weakref"), _NO_INSIDE),
    **dict.fromkeys(("pickle", "shelve", "sqlite3", "dbm"), "to keep data, use automatosx_nb.sdk.storage"),
    **dict.fromkeys(("logging", "warnings"), "use automatosx_nb.sdk.log, or print"),
    **dict.fromkeys(
        ("concurrent", "multiprocessing", "threading"), "a handler runs alone, from its call to its return"
    ),
    **dict.fromkeys(("configparser", "tomllib", "yaml"), "declare settings as arguments of the magic, or read JSON"),
    "typing_extensions": "use typing",
    "asyncio": NO_ASYNC,
}
"""Modules that authors reach for and plugins do not have → what to do instead."""

NAME_INSTEAD: dict[str, str] = {
    "collections.abc.Awaitable": NO_ASYNC,
    "contextlib.asynccontextmanager": NO_ASYNC,
    "contextlib.redirect_stdout": "write print(..., file=buffer)",
    "functools.singledispatchmethod": "use functools.singledispatch on a function",
    "functools.update_wrapper": "use functools.wraps",
    "pprint.pprint": "write print(pformat(x))",
    "string.Formatter": "write an f-string",
    "types.ModuleType": "use types.SimpleNamespace",
    "typing.get_type_hints": "annotations are not evaluated here",
    "typing.runtime_checkable": "inherit from the class, or ask hasattr(x, 'name')",
}
"""Names of open modules that authors reach for and plugins do not have → what to use instead."""

DUNDER_INSTEAD: dict[str, str] = {
    **dict.fromkeys(("__getattr__", "__getattribute__"), "keep values in a dict, or name the attributes"),
    **dict.fromkeys(("__setattr__", "__delattr__", "__get__", "__set__", "__delete__", "__set_name__"), "use property"),
    **dict.fromkeys(("__subclasshook__", "__instancecheck__", "__subclasscheck__"), "inherit from the abstract class"),
    **dict.fromkeys(("__reduce__", "__reduce_ex__", "__getstate__", "__setstate__"), "nothing is pickled here"),
    **dict.fromkeys(("__aenter__", "__aexit__", "__aiter__", "__anext__", "__await__"), NO_ASYNC),
    "__class_getitem__": "inherit from typing.Generic",
    "__del__": "use a context manager",
    "__dir__": "name the attributes",
    "__init_subclass__": "use a decorator of the class",
    "__new__": "use __init__, or a class method that makes the object",
}
"""Methods that a class cannot define here → what to use instead."""

INSTEAD: dict[str, str] = {
    "open": "read and write files with automatosx_nb.sdk.files; to keep data, use automatosx_nb.sdk.storage",
    "eval": "there is no code from text here; to read data, use json.loads",
    "exec": "there is no code from text here",
    "compile": "there is no code from text here",
    "__import__": "write an import statement",
    "input": "declare an argument of the magic in plugin.toml",
    "globals": "pass values as arguments",
    "locals": "pass values as arguments",
    "vars": "use dataclasses.asdict, or name the attributes",
    "dir": "name the attributes",
    "breakpoint": "use print, or automatosx_nb.sdk.log",
    "exit": "return from the handler",
    "quit": "return from the handler",
    "memoryview": "use bytes or bytearray",
    "BaseException": "catch Exception: interrupts are for the host",
    "KeyboardInterrupt": "catch Exception: interrupts are for the host",
    "SystemExit": "return from the handler",
    "GeneratorExit": "use 'finally' in the generator",
    "ExceptionGroup": "raise one exception",
    "BaseExceptionGroup": "raise one exception",
}
"""Builtins that are closed to plugins → what to use instead."""
