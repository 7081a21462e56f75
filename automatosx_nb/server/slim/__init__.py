"""The short way to an answer that was given before, to somebody who was let in before.

A Jupyter handler spends most of a request on who asks, which is the same for every request of one client. So the first
one goes the whole way, through the handler; what it found out is remembered for seconds, and the answer for as long as
nothing changed. A request that repeats both is answered from that, before any handler is made. Whatever is not known
for sure goes the whole way: nothing is decided here, only repeated.
"""

from automatosx_nb.server.slim.answer import ALWAYS_ASK, FOR_ALL, WHO_ASKS, Answer
from automatosx_nb.server.slim.route import SETTING, Announcing, Slim

__all__ = ["ALWAYS_ASK", "FOR_ALL", "SETTING", "WHO_ASKS", "Announcing", "Answer", "Slim"]
