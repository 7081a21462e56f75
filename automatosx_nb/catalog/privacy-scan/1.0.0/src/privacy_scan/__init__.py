"""Finds personal data in a table, and masks it."""
