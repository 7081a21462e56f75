"""The kernel's event bus: who gets what, and what keeps one subscriber's trouble from everybody else."""

from __future__ import annotations

from automatosx_nb.host.bus.dispatch import Bus, Handler, Subscriber, Undo

__all__ = ["Bus", "Handler", "Subscriber", "Undo"]
