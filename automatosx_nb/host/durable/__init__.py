"""Durable delivery in one kernel."""

from automatosx_nb.host.durable.courier import DurableDelivery
from automatosx_nb.host.durable.subscriber import DurableSubscriber

__all__ = ["DurableDelivery", "DurableSubscriber"]
