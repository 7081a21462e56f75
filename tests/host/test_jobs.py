"""The queue of one plugin's jobs, and the thread that takes them."""

from __future__ import annotations

import threading

from automatosx_nb.host.jobs import Job, JobQueue

TIMEOUT_S = 30


def test_closing_names_the_thread_that_took_its_last_job_and_is_still_busy_with_leaving() -> None:
    left, free, threads = threading.Event(), threading.Event(), list[threading.Thread]()

    def serve() -> None:
        threads.append(threading.current_thread())
        while queue.next(0.0, lambda: None) is not None:
            """The next one."""
        left.set()
        free.wait(TIMEOUT_S)

    queue = JobQueue("test", serve, None)
    assert queue.put(Job("demo:run"))
    assert left.wait(TIMEOUT_S)
    dropped, thread = queue.close()
    assert (dropped, thread) == ([], threads[0])
    free.set()
    threads[0].join(TIMEOUT_S)
