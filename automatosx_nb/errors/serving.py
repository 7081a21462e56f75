"""What a server refuses before it looks at what is asked: there is too much of it."""

from __future__ import annotations

import math
from typing import ClassVar

from automatosx_nb.errors.root import PlatformError, UserError


class TooManyRequests(UserError):
    """Whoever asks has asked too often. ``wait_s``: until one more request is taken."""

    code: ClassVar[str] = "too-many-requests"
    wait_s: float

    @property
    def retry_after(self) -> int:
        """Whole seconds, as ``Retry-After`` has them."""
        return max(1, math.ceil(self.wait_s))

    def problem(self) -> str:
        return "there were too many requests from your address or with your token."

    def next_step(self) -> str:
        return f"Wait {self.retry_after} s; whoever runs the registry sets the limits in c.RegistryServer."


class TooManyWaiting(UserError):
    """Of ``what`` one has at most ``allowed`` there at a time, under way or waiting."""

    code: ClassVar[str] = "too-many-waiting"
    what: str
    allowed: int
    retry_after: int

    def problem(self) -> str:
        return f"{self.allowed} {self.what} of yours wait or are being made, and no more are taken at a time."

    def next_step(self) -> str:
        return f"Nothing was lost: try again in {self.retry_after} s, when one of them may be done."


class RequestTooLarge(UserError):
    """What was sent is larger than this path takes; it was not read."""

    code: ClassVar[str] = "request-too-large"
    size: int
    most: int

    def problem(self) -> str:
        return f"the body of the request has {self.size} bytes, and this path takes {self.most}."

    def next_step(self) -> str:
        return "Send less; an artifact is sent in parts."


class ServerOverloaded(PlatformError):
    """``reason`` continues 'the registry's server'."""

    code: ClassVar[str] = "server-overloaded"
    reason: str
    retry_after: int

    def problem(self) -> str:
        return f"the registry's server {self.reason}."

    def next_step(self) -> str:
        return f"Try again in {self.retry_after} s."


class SearchFailed(PlatformError):
    """Of the processes that search for a server, two ended at one search, or one failed at it. ``how`` continues 'a
    process'."""

    code: ClassVar[str] = "search-failed"
    how: str

    def problem(self) -> str:
        return f"the registry could not search: a process that does {self.how}."

    def next_step(self) -> str:
        return "Try again; why it was so, the server's log says, or that of the system, where memory ran out."
