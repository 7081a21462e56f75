"""The verbs, once: ``%ax <verb>`` and ``jupyter automatosx <verb>`` are thin faces over them."""

from automatosx_nb.commands.verbs import Answer, Console, Verb, answer, run

__all__ = ["Answer", "Console", "Verb", "answer", "run"]
