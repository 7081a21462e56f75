"""What a plugin's thread has done by its caller's thread."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from automatosx_nb.errors import PolicyForbids
from automatosx_nb.host.errands import Errands

TIMEOUT_S = 30


class Plugin(threading.Thread):
    """A thread that has one errand done, and keeps what came of it."""

    def __init__(self, errands: Errands, carry_out: Callable[[], bool]) -> None:
        super().__init__(daemon=True)
        self._errands, self._carry_out = errands, carry_out
        self.answer: bool | None = None
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.answer = self._errands.do(self._carry_out)
        except BaseException as error:
            self.error = error


def attend(errands: Errands, plugin: Plugin) -> None:
    """As a caller waits: until the plugin's thread has its answer."""
    plugin.start()
    while plugin.is_alive():
        errands.attend()
        plugin.join(0.001)


@pytest.mark.parametrize("answer", [True, False])
def test_an_errand_is_carried_out_by_the_thread_that_attends(answer: bool) -> None:
    errands, seen = Errands(), list[threading.Thread]()

    def carry_out() -> bool:
        seen.append(threading.current_thread())
        return answer

    plugin = Plugin(errands, carry_out)
    attend(errands, plugin)
    assert (plugin.answer, seen) == (answer, [threading.current_thread()])


def test_what_an_errand_raises_is_raised_to_the_plugin_and_not_to_the_caller() -> None:
    def refuse() -> bool:
        raise PolicyForbids("acme.demo", "1.0.0", "policy")

    errands = Errands()
    plugin = Plugin(errands, refuse)
    attend(errands, plugin)
    assert isinstance(plugin.error, PolicyForbids)


def test_being_interrupted_in_an_errand_is_raised_to_the_caller_and_a_no_to_the_plugin() -> None:
    def interrupt() -> bool:
        raise KeyboardInterrupt

    errands = Errands()
    plugin = Plugin(errands, interrupt)
    with pytest.raises(KeyboardInterrupt):
        attend(errands, plugin)
    plugin.join(TIMEOUT_S)
    assert plugin.answer is False


def test_a_call_that_ends_lets_go_of_what_waits_and_of_what_was_begun_and_of_what_comes_later() -> None:
    errands, begun, release = Errands(), threading.Event(), threading.Event()

    def think() -> bool:
        begun.set()
        assert release.wait(TIMEOUT_S)
        return True

    plugin = Plugin(errands, think)
    caller = threading.Thread(target=attend, args=(errands, plugin), daemon=True)
    caller.start()
    assert begun.wait(TIMEOUT_S)
    errands.end()
    plugin.join(TIMEOUT_S)
    assert plugin.answer is False, "the plugin goes on while somebody still thinks"
    release.set()
    caller.join(TIMEOUT_S)
    assert errands.do(lambda: True) is False


def test_nothing_waits_is_no_errand() -> None:
    Errands().attend()
