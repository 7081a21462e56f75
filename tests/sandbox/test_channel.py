"""A framed connection over a real socket pair: descriptors travel, deadlines hold, ends are noticed."""

from __future__ import annotations

import array
import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from automatosx_nb.errors import ProtocolViolation
from automatosx_nb.sandbox import protocol
from automatosx_nb.sandbox.channel import Channel, ChannelClosed, DeadlineExceeded, Sending
from automatosx_nb.sandbox.codec import encode

Pair = tuple[Channel[Any], Channel[Any], socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """A host's end, a worker's end, and the worker's raw socket."""
    ours, theirs = socket.socketpair()
    host: Channel[Any] = Channel(ours, protocol.ToHost, max_bytes=1 << 22, max_depth=8)
    worker: Channel[Any] = Channel(theirs, protocol.ToWorker, max_bytes=1 << 22, max_depth=8)
    yield host, worker, theirs
    host.close()
    worker.close()


def test_frames_and_their_descriptors_arrive_together_and_in_order(pair: Pair) -> None:
    host, worker, _ = pair
    reader, writer = os.pipe()
    worker.send(protocol.Output("stdout", "first"))
    worker.send(protocol.Result(1, protocol.Table(0, 3)), [writer])
    os.close(writer)
    assert host.receive() == (protocol.Output("stdout", "first"), [])
    frame, (received,) = host.receive()
    assert frame == protocol.Result(1, protocol.Table(0, 3))
    os.write(received, b"abc")
    os.close(received)
    assert os.read(reader, 9) == b"abc"
    os.close(reader)


def test_a_deadline_holds_while_nothing_comes_and_receiving_goes_on_after_it(pair: Pair) -> None:
    host, _worker, raw = pair
    with pytest.raises(DeadlineExceeded):
        host.receive(deadline=time.monotonic() + 0.01)
    raw.send(b"\1")
    with pytest.raises(DeadlineExceeded):
        host.receive(deadline=time.monotonic() + 0.01)
    raw.send(b"\0\0\0\0\xc0")
    with pytest.raises(ProtocolViolation):
        host.receive()


def test_a_deadline_holds_while_the_other_end_does_not_read(pair: Pair) -> None:
    _, worker, _ = pair
    with pytest.raises(DeadlineExceeded):
        worker.send(protocol.Output("stdout", "x" * 4_000_000), deadline=time.monotonic() + 0.01)


def test_a_frame_is_begun_without_waiting_and_its_rest_is_sent_by_whoever_goes_on_with_it(pair: Pair) -> None:
    host, worker, _ = pair
    small, large = protocol.Output("stdout", "x"), protocol.Output("stdout", "x" * 2_000_000)
    begun, half = Sending(), Sending()
    worker.send_now(small, begun)
    assert begun.taken == [len(begun.data)]
    worker.send_now(large, half)
    assert 0 < half.taken[0] < len(half.data)
    with ThreadPoolExecutor(1) as pool:
        received = pool.submit(lambda: [host.receive()[0] for _ in range(2)])
        for each in (begun, half):
            worker.send_rest(each)
        assert received.result() == [small, large]


def test_a_frame_that_finds_no_room_is_not_begun_and_nothing_of_it_arrives(pair: Pair) -> None:
    host, worker, raw = pair
    frame, sending = protocol.Output("stdout", "x"), Sending()
    room = encode(frame, max_bytes=1 << 22)
    filled = 0
    raw.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while raw.send(room) == len(room):
            filled += 1
    worker.send_now(frame, sending)
    assert sending.taken == []
    assert [host.receive()[0] for _ in range(filled)] == [frame] * filled
    with pytest.raises(DeadlineExceeded):
        host.receive(deadline=time.monotonic() + 0.01)


def test_the_other_ends_end_is_noticed_after_its_last_frame(pair: Pair) -> None:
    host, worker, _ = pair
    worker.send(protocol.Loaded())
    worker.close()
    assert host.receive() == (protocol.Loaded(), [])
    with pytest.raises(ChannelClosed):
        host.receive()
    with pytest.raises(ChannelClosed):
        host.send(protocol.Stop())


def test_the_death_of_the_other_process_is_noticed_even_if_its_socket_stays_open() -> None:
    ours, theirs = socket.socketpair()
    process = subprocess.Popen([sys.executable, "-c", ""])
    death = os.pidfd_open(process.pid)
    channel: Channel[Any] = Channel(ours, protocol.ToHost, max_bytes=99, max_depth=8, death=death)
    with theirs, pytest.raises(ChannelClosed, match="process ended"):
        channel.receive(deadline=time.monotonic() + 20)
    process.wait()
    channel.close()
    os.close(death)


def test_an_answer_that_is_late_arrives_and_a_deadline_far_off_holds() -> None:
    """What is not there soon is waited for in another way, in which deadlines and the end of a process are noticed."""
    ours, theirs = socket.socketpair()
    death = os.pidfd_open(os.getpid())
    host: Channel[Any] = Channel(ours, protocol.ToHost, max_bytes=99, max_depth=8, death=death)
    worker: Channel[Any] = Channel(theirs, protocol.ToWorker, max_bytes=99, max_depth=8)
    with ThreadPoolExecutor(1) as pool:
        for deadline in (None, time.monotonic() + 60):
            received = pool.submit(host.receive, deadline=deadline)
            while not host._late:
                pass
            worker.send(protocol.Loaded())
            assert received.result() == (protocol.Loaded(), [])
    with pytest.raises(DeadlineExceeded):
        host.receive(deadline=time.monotonic() + 0.05)
    host.close()
    worker.close()
    os.close(death)


def test_a_flood_of_descriptors_is_refused_and_closed(pair: Pair) -> None:
    host, _, raw = pair
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    fds = [os.open(os.devnull, os.O_RDONLY) for _ in range(200)]
    raw.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))])
    for fd in fds:
        os.close(fd)
    with pytest.raises(ProtocolViolation, match="descriptors"):
        host.receive()
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_bytes_that_follow_a_frame_are_received_as_they_are_and_the_next_frame_after_them(pair: Pair) -> None:
    host, worker, _ = pair
    data = os.urandom(3 << 20)
    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(send_stream, worker, data)
        frame, _ = host.receive()
        assert frame == protocol.Stream(len(data))
        room = bytearray(len(data))
        host.receive_bytes(memoryview(room), deadline=time.monotonic() + 20)
        assert host.receive() == (protocol.Loaded(), [])
        sent.result()
    assert room == data


def send_stream(worker: Channel[Any], data: bytes) -> None:
    worker.send(protocol.Stream(len(data)))
    worker.send_bytes(data)
    worker.send(protocol.Loaded())


def test_what_a_deadline_left_of_such_bytes_is_passed_over_before_the_next_frame(pair: Pair) -> None:
    host, worker, raw = pair
    worker.send(protocol.Stream(12))
    raw.send(b"12345")
    assert host.receive() == (protocol.Stream(12), [])
    with pytest.raises(DeadlineExceeded):
        host.receive_bytes(memoryview(bytearray(12)), deadline=time.monotonic() + 0.01)
    raw.send(b"6789abc")
    worker.send(protocol.Loaded())
    assert host.receive() == (protocol.Loaded(), [])


def test_descriptors_among_such_bytes_are_dropped(pair: Pair) -> None:
    host, worker, raw = pair
    worker.send(protocol.Stream(4))
    assert host.receive() == (protocol.Stream(4), [])
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    raw.sendmsg([b"1234"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))])
    room = bytearray(4)
    host.receive_bytes(memoryview(room))
    assert room == b"1234"
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_the_end_of_the_other_process_is_noticed_among_such_bytes() -> None:
    ours, theirs = socket.socketpair()
    process = subprocess.Popen([sys.executable, "-c", ""])
    death = os.pidfd_open(process.pid)
    channel: Channel[Any] = Channel(ours, protocol.ToHost, max_bytes=99, max_depth=8, death=death)
    theirs.send(b"12")
    with theirs, pytest.raises(ChannelClosed, match="process ended"):
        channel.receive_bytes(memoryview(bytearray(4)), deadline=time.monotonic() + 20)
    process.wait()
    channel.close()
    os.close(death)
