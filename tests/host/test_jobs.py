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


def test_whatever_comes_while_its_thread_waits_or_works_is_taken_in_the_order_in_which_it_came() -> None:
    taken, every = list[tuple[int, int]](), threading.Event()

    def serve() -> None:
        while (job := queue.next(TIMEOUT_S, lambda: None)) is not None:
            assert isinstance(job, Job)
            taken.append(job.args)  # type: ignore[arg-type]
            if len(taken) == 4 * 500:
                every.set()

    def put(thread: int) -> None:
        assert all(queue.put(Job("demo:run", (thread, number))) for number in range(500))

    queue = JobQueue("test", serve, None)
    threads = [threading.Thread(target=put, args=(thread,)) for thread in range(4)]
    for each in threads:
        each.start()
    assert every.wait(TIMEOUT_S)
    assert queue.close()[0] == []
    assert all([number for by, number in taken if by == thread] == list(range(500)) for thread in range(4))
