"""Records in the plugin's own storage. Every write that returned survives a restart of the kernel."""

from automatosx_nb.sdk import storage

from . import records

TOTALS = "totals"
CELL = "cell/"
SESSION = "session/"
CELLS_KEPT = 500
SESSIONS_KEPT = 100
TRIES = 100
DROPPED_AT_ONCE = 50
"""So many more than the cap may there be before the oldest are dropped: dropping reads every record."""


def note(source: str, time: str, data: dict) -> None:
    """Enter one finished cell: ``source`` is the kernel session, ``time`` RFC 3339, ``data`` the event's.

    Another kernel may enter one at the same moment; whoever is slower begins anew, so that each run is counted.
    """
    for attempt in range(1, TRIES + 1):
        try:
            new_cell, new_session = enter(source, time, data)
            break
        except storage.Conflict:
            if attempt == TRIES:
                raise
    if new_cell:
        keep_latest(CELL, CELLS_KEPT)
    if new_session:
        keep_latest(SESSION, SESSIONS_KEPT)


def enter(source: str, time: str, data: dict) -> tuple:
    """All three records or none: whether the cell and the session are new."""
    with storage.transaction() as book:
        session = book.get(SESSION + source)
        cell = book.get(CELL + data["cell"]) or records.new_cell(data["cell"])
        totals = book.get(TOTALS) or records.new_totals(time)
        started = session or records.new_session(source, time)
        book.put(CELL + data["cell"], records.with_run(cell, time, data))
        book.put(SESSION + source, records.with_session_run(started, time, data))
        book.put(TOTALS, records.with_total_run(totals, data, session is None))
    return not cell["runs"], session is None


def keep_latest(prefix: str, most: int) -> None:
    """Drop the records that were not touched for longest, once there are clearly more than ``most``."""
    if len(storage.keys(prefix)) < most + DROPPED_AT_ONCE:
        return
    records_by_age = sorted(storage.items(prefix), key=lambda item: item[1]["last"])
    for key, record in records_by_age[: len(records_by_age) - most]:
        storage.delete(key)


def totals() -> dict | None:
    return storage.get(TOTALS)


def cells() -> list:
    return [record for key, record in storage.items(CELL)]


def sessions() -> list:
    return [record for key, record in storage.items(SESSION)]


def clear() -> int:
    """Forget everything; how many cells that were."""
    forgotten = len(storage.keys(CELL))
    for key in storage.keys():
        storage.delete(key)
    return forgotten
