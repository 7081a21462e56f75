"""Remembers how long cells take."""
