from __future__ import annotations

import ssl
from collections.abc import Iterator

import httpx
import pytest

from bot.panels.errors import Denied, PanelError, Unreachable, Unusable
from bot.wire.reasons import HTTPX_ERRORS, LostReason, UnsentReason, breakdown_of

#: Nothing else may ever be taken as proof that no order left.
BEFORE_ANY_CONNECTION = {
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
    httpx.LocalProtocolError,
}


def tree(root: type[Exception]) -> Iterator[type[Exception]]:
    yield root
    for child in root.__subclasses__():
        if child.__module__.startswith("httpx"):
            yield from tree(child)


def test_every_request_error_of_httpx_is_in_the_table():
    assert set(tree(httpx.RequestError)) <= HTTPX_ERRORS.keys()


def test_only_errors_from_before_a_connection_prove_that_nothing_was_sent():
    unsent = {kind for kind, breakdown in HTTPX_ERRORS.items() if isinstance(breakdown, UnsentReason)}
    assert unsent == BEFORE_ANY_CONNECTION


@pytest.mark.parametrize("kind", sorted(BEFORE_ANY_CONNECTION, key=lambda kind: kind.__name__))
def test_bytes_that_left_outweigh_the_type_of_the_error(kind):
    assert isinstance(breakdown_of(kind("x"), sent=False), UnsentReason)
    assert breakdown_of(kind("x"), sent=True) is LostReason.NO_ANSWER


def test_a_subclass_nobody_mapped_is_read_as_its_parent():
    class NewTimeout(httpx.ReadTimeout):
        pass

    assert breakdown_of(NewTimeout("x"), sent=False) is LostReason.TIMEOUT


def test_a_foreign_error_is_unexpected_and_proves_nothing():
    assert breakdown_of(RuntimeError("x"), sent=False) is LostReason.UNEXPECTED


def test_trouble_with_a_certificate_is_told_apart():
    error = httpx.ConnectError("x")
    error.__cause__ = ssl.SSLCertVerificationError()
    assert breakdown_of(error, sent=False) is UnsentReason.TLS


def test_all_errors_share_one_root():
    assert {Unreachable, Unusable, Denied} == set(PanelError.__subclasses__())
