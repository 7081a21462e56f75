"""No advisory of RestrictedPython applies."""

from __future__ import annotations

import pytest

from automatosx_nb.errors import PluginRefused
from automatosx_nb.sandbox import guards
from tests.sandbox.policy.running import load, run

GUARDS = ("_getattr_", "_getitem_", "_write_", "_print_", "_inplacevar_", *guards.GUARDS, "_plain_x_", "_pattern_1_")
PLACES = {
    "positional-only": "def f({0}, /): pass",
    "positional-only with a default": "def f({0}=1, /): pass",
    "positional-only in a lambda": "f = lambda {0}, /: 1",
    "positional": "def f({0}): pass",
    "keyword-only": "def f(*, {0}): pass",
    "variadic": "def f(*{0}): pass",
    "keywords": "def f(**{0}): pass",
    "a method's": "class A:\n def f(self, {0}, /): pass",
    "a name": "{0} = 1",
    "a loop": "for {0} in []: pass",
    "with": "with open() as {0}: pass",
    "a walrus": "({0} := 1)",
    "a comprehension": "[1 for {0} in []]",
    "a class": "class {0}: pass",
    "an import": "import math as {0}",
    "a capture": "match 1:\n case {0}: pass",
    "deleting": "del {0}",
}


@pytest.mark.parametrize("name", GUARDS)
def test_cve_2026_55830_no_guard_can_be_shadowed_from_any_place(name: str) -> None:
    for place in PLACES.values():
        with pytest.raises(PluginRefused):
            load(place.format(name) + "\ndef h(): pass")


@pytest.mark.parametrize(
    "source",
    [
        "import string\ndef h(): return string.Formatter().get_field('0.real', [1], {})",
        "from string import Formatter",
        "import string\ndef h(): return getattr(string, 'Formatter')",
        "from string import Template\nclass F(Template): pass\ndef h(): return F('x').get_field",
        "def h(): return ''.vformat",
        "import string\ndef h(): return string._string",
        "def h(): return 'x'.formatter_field_name_split",
    ],
)
def test_cve_2026_76825_there_is_no_formatter_to_resolve_fields_with(source: str) -> None:
    with pytest.raises((PluginRefused, AttributeError)):
        run(source)


ADVISORIES = {
    "CVE-2023-37271": "def h():\n def f():\n  yield g.gi_frame.f_back.f_back\n g = f()\n return [x for x in g]",
    "CVE-2023-37271 through an async generator": "async def f():\n yield 1\ndef h(): return f().ag_frame",
    "CVE-2025-22153": ("def h():\n try: raise ExceptionGroup('x', [ValueError()])\n except* ValueError as e: return e"),
    "CVE-2025-22153 through a group of its own": "class E(BaseExceptionGroup):\n def split(self, x): return 1",
    "CVE-2024-47532 through string": "import string\ndef h(): return string.Formatter",
    "CVE-2024-47532 through from": "from string import Formatter",
}


@pytest.mark.parametrize("source", ADVISORIES.values(), ids=ADVISORIES)
def test_an_advisory_of_restrictedpython_does_not_apply(source: str) -> None:
    with pytest.raises((PluginRefused, AttributeError)):
        run(source)


def test_cve_2023_41039_format_cannot_walk_from_any_spelling() -> None:
    for call in ("'{0.__class__}'.format(1)", "str.format('{0.__class__}', 1)", "'{x.real}'.format_map({'x': 1})"):
        with pytest.raises(ValueError, match="cannot read attributes"):
            run(f"def h(): return {call}")
