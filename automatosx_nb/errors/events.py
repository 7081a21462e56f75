"""What is no topic, no event, or not to be said now."""

from __future__ import annotations

from typing import ClassVar

from automatosx_nb.errors.root import UserError, did_you_mean


class InvalidTopic(UserError, ValueError):
    code: ClassVar[str] = "invalid-topic"
    text: str
    reason: str

    def problem(self) -> str:
        return f"{self.text!r} is no topic: {self.reason}."

    def next_step(self) -> str:
        return "Write it as in 'kernel.cell.finished'; in a pattern '*' is one part and '**' the rest: docs/events.md."


class TopicNotYours(UserError, ValueError):
    """``whose``: who may publish there; ``yours``: where the asker may."""

    code: ClassVar[str] = "topic-not-yours"
    topic: str
    whose: str
    yours: str

    def problem(self) -> str:
        return f"nothing can be published on {self.topic!r} from here: it is {self.whose}."

    def next_step(self) -> str:
        return f"Publish under {self.yours!r}: docs/events.md."


class EventNotDeclared(UserError, LookupError):
    """A plugin publishes what its manifest does not name."""

    code: ClassVar[str] = "event-not-declared"
    plugin: str
    topic: str
    nearest: tuple[str, ...] = ()

    def problem(self) -> str:
        return f"the manifest of {self.plugin} declares no event {self.topic!r}."

    def next_step(self) -> str:
        return did_you_mean(self.nearest, f'Declare it: [contributes.events."{self.topic}"] and a JSON Schema.')


class InvalidEvent(UserError, ValueError):
    code: ClassVar[str] = "invalid-event"
    topic: str
    fault: str

    def problem(self) -> str:
        return f"no event on {self.topic} was published: {self.fault}."

    def next_step(self) -> str:
        return "An event's data is a small JSON value, as its schema describes it: docs/events.md."


class EventLoop(UserError):
    """Each of ``hops`` events was published while the one before it was handled: they go in a circle."""

    code: ClassVar[str] = "event-loop"
    topic: str
    hops: int

    def problem(self) -> str:
        return f"the event on {self.topic} was not published: {self.hops} events led to it, each caused by the last."

    def next_step(self) -> str:
        return "Some handler publishes what, over others, calls it again; publish only when something changed."


class KernelNeeded(UserError):
    """``what`` happens in a kernel with the extension, and there is none here."""

    code: ClassVar[str] = "kernel-needed"
    what: str

    def problem(self) -> str:
        return f"{self.what} lives in a notebook's kernel, and none with the extension runs here."

    def next_step(self) -> str:
        return "In a notebook, run %load_ext automatosx_nb first."
