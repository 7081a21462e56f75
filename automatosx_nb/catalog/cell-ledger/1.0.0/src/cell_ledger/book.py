"""Records in the plugin's own storage. Every write that returned survives a restart of the kernel."""

from automatosx_nb.sdk import storage

from . import records

TOTALS = "totals"
CELL = "cell/"
SESSION = "session/"
CELLS_KEPT = 500
SESSIONS_KEPT = 100
DROPPED_AT_ONCE = 50
"""So many more than the cap may there be before the oldest are dropped: dropping reads every record."""


def note(source: str, time: str, data: dict) -> None:
    """Enter one finished cell: ``source`` is the kernel session, ``time`` RFC 3339, ``data`` the event's."""
    session = storage.get(SESSION + source)
    totals = storage.get(TOTALS) or records.new_totals(time)
    cell = storage.get(CELL + data["cell"]) or records.new_cell(data["cell"])
    started = session or records.new_session(source, time)
    storage.put(CELL + data["cell"], records.with_run(cell, time, data))
    storage.put(SESSION + source, records.with_session_run(started, time, data))
    storage.put(TOTALS, records.with_total_run(totals, data, session is None))
    if not cell["runs"]:
        keep_latest(CELL, CELLS_KEPT)
    if session is None:
        keep_latest(SESSION, SESSIONS_KEPT)


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
