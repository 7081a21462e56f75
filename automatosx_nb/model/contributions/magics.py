"""``[[contributes.magics]]``: a line or cell magic, with the arguments that it takes."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from automatosx_nb.model.contributions.arguments import Argument, arguments
from automatosx_nb.model.contributions.kind import HANDLER, Called, Kind, Needless, handler, listed
from automatosx_nb.model.reader import boolean, line

if TYPE_CHECKING:
    from automatosx_nb.model.reader import Spot

NAME = "a magic's name: a small letter, then small letters, digits and '_', at most 40 characters"
NAME_PATTERN = r"[a-z][a-z0-9_]{0,39}"
_NAME = re.compile(NAME_PATTERN)
_TAKEN = """
aimport alias alias_magic autoawait autocall automagic autoreload ax bash bookmark capture cat cd
code_wrap colors conda config connect_info cp cython debug dhist dirs doctest_mode ed edit env file
gui help hist history html javascript js killbgscripts latex ldir lf lk ll load load_ext loadpy
logoff logon logstart logstate logstop ls lsmagic lx macro magic mamba man markdown matplotlib
micromamba mkdir more mv notebook page pastebin pdb pdef pdoc perl pfile pinfo pinfo2 pip popd
pprint precision prun psearch psource pushd pwd pycat pylab pypy python python2 python3 qtconsole
quickref quit exit recall rehashx reload_ext rep rerun reset reset_selective rm rmdir ruby run save
sc script set_env sh store subshell svg sx system tb time timeit unalias unload_ext uv who who_ls
whos writefile xdel xmode
"""
TAKEN = frozenset(_TAKEN.split())
"""Names that are IPython's, ipykernel's or ours: a plugin never stands in front of them."""


@dataclass(frozen=True, slots=True)
class Magic(Called, Needless):
    """``cell``: it is a cell magic, and its handler gets the cell's text as the keyword ``cell``."""

    name: str
    handler: str
    summary: str = ""
    args: tuple[Argument, ...] = ()
    cell: bool = False

    @property
    def label(self) -> str:
        return self.name

    def record(self) -> dict[str, Any]:
        return {**asdict(self), "args": [one.record() for one in self.args]}


def _magic(spot: Spot) -> Magic | None:
    table = spot.table()
    if table is None:
        return None
    name = table.need("name", _name, NAME)
    function = table.need("handler", handler, HANDLER)
    summary = table.get("summary", line(200)) or ""
    args = table.get("args", arguments) or ()
    cell = table.get("cell", boolean) or False
    table.finish()
    return None if name is None or function is None else Magic(name, function, summary, args, cell)


def _name(spot: Spot) -> str | None:
    if not isinstance(spot.value, str) or not _NAME.fullmatch(spot.value):
        spot.refuse(NAME)
        return None
    if spot.value in TAKEN:
        spot.refuse("a name that IPython and this extension do not use themselves")
        return None
    return spot.value


KIND = Kind("magics", listed(_magic, "magic"))
