"""Copies of a registry that need no server: a folder, or one file, in which every file is named by its SHA-256.

``layout`` says what lies where, ``selecting`` what is copied, ``targets`` how it is written, ``copying`` puts them
together; :mod:`automatosx_nb.registry.client.static` reads what they made.
"""
