"""The libraries that a plugin can be granted. A worker loads this too, so it loads nothing."""

GRANTABLE_MODULES = ("numpy", "pandas", "polars", "pyarrow")
"""Modules outside the standard library that a plugin can be granted; each has a facade in ``sandbox/facades``."""
