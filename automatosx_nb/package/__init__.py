"""Artifacts: build, read safely, digest."""
