"""The operating system's walls, one module a platform."""
