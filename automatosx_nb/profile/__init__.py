"""What is installed: a chain of generations, a content-addressed store, and plugin state."""

from automatosx_nb.profile.profile import Profile

__all__ = ["Profile"]
