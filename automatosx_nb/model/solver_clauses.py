"""What the solver reasons with: values, clauses, and where each clause comes from.

A package's possible values are the bits of an integer: :data:`ABSENT` for "not there", then its versions, the
preferred one lowest. A literal ``package: values`` says that the package has one of those values; a clause says that
one of its literals holds.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

ABSENT = 1
"""The bit of the value "not there"."""

VERSIONS = ~ABSENT
"""All versions, however many there are."""

P = TypeVar("P", bound=Hashable)


def bit(version: int) -> int:
    """The bit of the version with that place in its package's list; place 0 is the preferred one."""
    return 2 << version


def versions_in(values: int) -> Iterator[int]:
    """The places of the versions among ``values``, the preferred one first."""
    values &= VERSIONS
    while values:
        lowest = values & -values
        yield lowest.bit_length() - 2
        values ^= lowest


class Problem(Protocol[P]):
    """What the solver asks, each question as late as can be. The answers do not change."""

    def size(self, package: P, /) -> int:
        """How many versions there are; 0 for a package that is not known."""

    def needs(self, package: P, version: int, /) -> Sequence[tuple[P, int]]:
        """Other packages, each once, with the values that this version accepts.

        :data:`ABSENT` is among these where the other is not required, only limited.
        """

    def all_needs(self, package: P, on: P, /) -> Mapping[int, int]:
        """Values of ``on`` that some versions of ``package`` accept → these versions, as bits."""


class Wish(NamedTuple):
    """The origin of a clause that was asked for; ``number`` is its place in what was asked for."""

    number: int


class Need(NamedTuple, Generic[P]):
    """The origin of a clause that says what ``versions`` of ``package`` accept, at most, of ``on``."""

    package: P
    versions: int
    on: P
    accepted: int


class Ban(NamedTuple):
    """The origin of a clause that came from outside, because of a solution that would not do."""

    number: int


class Clause(Generic[P]):
    """One of ``literals`` holds. ``origin`` None: it follows from ``antecedents``, resolved in their order."""

    __slots__ = ("antecedents", "literals", "origin", "watched")

    def __init__(
        self,
        literals: Mapping[P, int],
        origin: Wish | Need[P] | Ban | None = None,
        antecedents: tuple[Clause[P], ...] = (),
    ) -> None:
        self.literals = literals
        self.origin = origin
        self.antecedents = antecedents
        self.watched: list[tuple[P, int]] = []
        """The literals as a list, where the solver watches the first two of them."""

    def origins(self) -> list[Wish | Need[P] | Ban]:
        """Everything that it rests on in the end, each once."""
        found: dict[Wish | Need[P] | Ban, None] = {}
        waiting, seen = [self], {id(self)}
        while waiting:
            clause = waiting.pop()
            if clause.origin is not None:
                found[clause.origin] = None
            for each in clause.antecedents:
                if id(each) not in seen:
                    seen.add(id(each))
                    waiting.append(each)
        return list(found)
