"""Search: a read model of the database, a tantivy index in this process's memory.

Every hit scores by where its words were found, times its plugin's quality, and by nothing that depends on the other
plugins (no inverse document frequency): so the order of two never changes because a third was published, and a cursor
stays valid.
"""

from automatosx_nb.registry.search.entry import Entry
from automatosx_nb.registry.search.index import MAX_SIZE, SearchDocument, SearchIndex, validated
from automatosx_nb.registry.search.text import MAX_TEXT, MAX_WORDS

__all__ = ["MAX_SIZE", "MAX_TEXT", "MAX_WORDS", "Entry", "SearchDocument", "SearchIndex", "validated"]
