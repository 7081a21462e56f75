"""What durable subscribers are owed: kept in one SQLite file, shared by every kernel of a profile."""

from automatosx_nb.profile.deliveries.store import Deliveries

__all__ = ["Deliveries"]
