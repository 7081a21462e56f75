from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

from automatosx_nb.host.metering import Rate
from automatosx_nb.server.standalone.visitors import Limiter, Proxies, Visitors, neighbourhood

addresses = st.ip_addresses().map(str)


def request(peer: str, **headers: str) -> HTTPServerRequest:
    said = HTTPHeaders({"Host": "x"} | {name.replace("_", "-"): value for name, value in headers.items()})
    made = HTTPServerRequest(start_line=RequestStartLine("GET", "/", "HTTP/1.1"), headers=said)
    made.remote_ip, made.protocol = peer, "http"
    return made


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("said", "client"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("198.51.100.1, 203.0.113.9", "203.0.113.9"),  # what a client made up stands further left
        ("203.0.113.9, 10.0.0.7", "203.0.113.9"),  # two proxies of ours
        ("10.0.0.7, 10.0.0.8", "10.0.0.7"),
        ("203.0.113.9, nonsense", "10.0.0.1"),
        ("", "10.0.0.1"),
        ("2001:db8::1", "2001:db8::1"),
    ],
)
def test_a_trusted_proxy_is_believed_as_far_as_the_trusted_wrote_it(said: str, client: str) -> None:
    made = request("10.0.0.1", X_Forwarded_For=said, X_Forwarded_Proto="https")
    Proxies(["10.0.0.0/8"]).apply(made)
    assert (made.remote_ip, made.protocol) == (client, "https")


@given(peer=addresses, said=st.lists(addresses), trusted=st.lists(addresses, max_size=3))
def test_nobody_else_says_whose_request_it_is(peer: str, said: list[str], trusted: list[str]) -> None:
    made = request(peer, X_Forwarded_For=", ".join(said), X_Forwarded_Proto="https")
    Proxies([each for each in trusted if neighbourhood(each) != neighbourhood(peer)]).apply(made)
    assert (made.remote_ip, made.protocol) == (peer, "http")


def test_after_a_burst_requests_come_as_fast_as_the_rate_says() -> None:
    clock = Clock()
    limiter = Limiter(Rate(per_s=2.0, burst=3), clock)
    assert [limiter.take("a") for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    assert limiter.take("b") == 0.0
    clock.now = 0.5
    assert (limiter.take("a"), limiter.take("a")) == (0.0, 0.5)


def test_whoever_was_away_for_longest_is_forgotten_first() -> None:
    limiter = Limiter(Rate(per_s=0.1, burst=1), Clock(), most=2)
    assert [limiter.take(who) for who in ("a", "b", "a", "c", "a", "b")] == [0.0, 0.0, 10.0, 0.0, 10.0, 0.0]


def test_other_tokens_do_not_get_one_address_further_and_other_addresses_do_not_get_one_token_further() -> None:
    clock = Clock()
    visitors = Visitors(Rate(1.0, 4), Rate(1.0, 2), clock)

    def waits(peer: str, token: str) -> bool:
        return visitors.wait_s(request(peer, Authorization=f"token {token}")) > 0

    assert [waits("192.0.2.1", each) for each in "abcde"] == [False, False, False, False, True]
    assert [waits(f"192.0.2.{each}", "z") for each in (2, 3, 4)] == [False, False, True]


def test_a_rate_of_nothing_is_no_limit() -> None:
    visitors = Visitors(Rate(0.0, 1), Rate(0.0, 1), Clock())
    assert {visitors.wait_s(request("192.0.2.1", Authorization="token a")) for _ in range(100)} == {0.0}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:0:1::5", "2001:db8:0:1:ffff::6", True),
        ("2001:db8:0:1::5", "2001:db8:0:2::5", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
    ],
)
def test_a_subscriber_of_ipv6_is_one_visitor(one: str, other: str, same: bool) -> None:
    assert (neighbourhood(one) == neighbourhood(other)) is same
