"""Search in processes of its own: each keeps a whole index, so a server that searches much does all else beside it.

A process opens the registry's database itself and follows it; it is asked over a pipe, and answers over another one
(:mod:`automatosx_nb.registry.apart.messages`). It ends when the pipe does, or when whoever asks it has.
"""

from automatosx_nb.registry.apart.search import SearchApart

__all__ = ["SearchApart"]
