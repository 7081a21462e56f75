"""What a check is, what it looks at, and what it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from automatosx_nb.model.publishing import PublishPolicy
from automatosx_nb.model.release_lines import last_of_line
from automatosx_nb.sandbox.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from automatosx_nb.model.manifest import Manifest
    from automatosx_nb.package import Contents, Package
    from automatosx_nb.sandbox.supervisor import Sandbox

_DEFAULT_POLICY, _DEFAULT_LIMITS = PublishPolicy(), Limits()


class Neighbour(NamedTuple):
    """Another publisher's plugin, and what its id is to the new one's, as in ``is one letter away from``.

    ``id``: empty where whoever publishes may not see it, as for ``look_alike``.
    """

    id: str
    how: str
    verified: bool


class Opened(Protocol):
    """What the checks of files look at: that of which the manifest cannot be read has it, too."""

    @property
    def package(self) -> Contents: ...
    @property
    def policy(self) -> PublishPolicy: ...


class Unread(NamedTuple):
    """An artifact without a manifest that can be read."""

    package: Contents
    policy: PublishPolicy


@dataclass(frozen=True, slots=True)
class Submission:
    """``look_alike`` is another plugin whose id looks the same; ``sandbox`` None: plugins are not started.

    ``published``: the manifests of its other releases, the newest first; ``near``: what a new plugin may be taken for.
    """

    package: Package
    look_alike: str | None = None
    sandbox: Sandbox | None = None
    published: Sequence[Manifest] = ()
    near: Sequence[Neighbour] = ()
    policy: PublishPolicy = _DEFAULT_POLICY
    limits: Limits = _DEFAULT_LIMITS
    """What the registry lets its worker use at most; what it asks for is capped by it."""
    companions: Sequence[bytes] | None = ()
    """Artifacts of what it requires, each after what it requires itself; None: the registry lacks some."""
    tried: bool = False
    """Whether it is known that just these files started and passed their self-test."""

    @property
    def predecessor(self) -> Manifest | None:
        """Of the release that it follows and must not break; None: there is none."""
        published = {other.version: other for other in self.published}
        last = last_of_line(self.package.manifest.version, published)
        return None if last is None else published[last]


class Finding(NamedTuple):
    """``error`` forbids publishing. ``line`` is 1-based, 0 where none applies."""

    severity: Literal["error", "warning", "info"]
    message: str
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Check:
    """``holds`` is the sentence that is true where ``find`` finds nothing; ``applies``: whether there is anything that
    it could look at, without which it says nothing."""

    name: str
    holds: str
    find: Callable[[Submission], Iterable[Finding]]
    applies: Callable[[Submission], bool] = lambda _submission: True
    tried: str = ""
    """What is true of what was tried before, which it does not look at; empty: it looks at everything."""
