"""Profiles a table: what its columns hold, what is missing, odd or double, and what goes together."""
