"""What the ledger keeps: plain records, and how each finished cell changes them. No storage, no clock.

Records are dicts of JSON values, since that is what storage holds.
"""

RUNS_KEPT = 24
"""Runs of one cell that are kept, the latest ones."""


def new_cell(cell: str) -> dict:
    return {
        "cell": cell,
        "number": None,
        "lines": 0,
        "runs": 0,
        "failures": 0,
        "total_s": 0.0,
        "slowest_s": 0.0,
        "last": "",
        "error": None,
        "recent": [],
    }


def with_run(record: dict, time: str, data: dict) -> dict:
    """``record`` of a cell after one more run; ``time`` is RFC 3339, ``data`` the event's."""
    duration, ok = float(data["duration_s"]), bool(data["ok"])
    return {
        **record,
        "number": data.get("execution_count"),
        "lines": data["lines"],
        "runs": record["runs"] + 1,
        "failures": record["failures"] + (0 if ok else 1),
        "total_s": record["total_s"] + duration,
        "slowest_s": max(record["slowest_s"], duration),
        "last": time,
        "error": None if ok else data["error"],
        "recent": [*record["recent"], [duration, ok]][-RUNS_KEPT:],
    }


def new_session(source: str, time: str) -> dict:
    return {"source": source, "first": time, "last": time, "runs": 0, "total_s": 0.0}


def with_session_run(session: dict, time: str, data: dict) -> dict:
    total = session["total_s"] + float(data["duration_s"])
    return {**session, "last": time, "runs": session["runs"] + 1, "total_s": total}


def new_totals(time: str) -> dict:
    return {"since": time, "runs": 0, "failures": 0, "total_s": 0.0, "sessions": 0}


def with_total_run(totals: dict, data: dict, session_is_new: bool) -> dict:
    return {
        **totals,
        "runs": totals["runs"] + 1,
        "failures": totals["failures"] + (0 if data["ok"] else 1),
        "total_s": totals["total_s"] + float(data["duration_s"]),
        "sessions": totals["sessions"] + (1 if session_is_new else 0),
    }


def latest_first(records: list) -> list:
    return sorted(records, key=lambda record: record["last"], reverse=True)


def slowest_first(records: list) -> list:
    return sorted(records, key=lambda record: record["slowest_s"], reverse=True)
