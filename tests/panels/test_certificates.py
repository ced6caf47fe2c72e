"""An https address whose certificate nobody vouches for is never spoken to."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from bot.panels.outcomes import AddRequest, Unsent
from bot.wire.reasons import UnsentReason
from prove.raw import http, raw_panel
from tests.panels.conftest import Connect
from tests.panels.scripts import answering

REQUEST = AddRequest("1", {"link": "https://framely.example/p/1", "quantity": "100"})


@pytest.fixture
def stranger(tmp_path: Path) -> ssl.SSLContext:
    """A server's side of TLS with a certificate it signed itself."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make a certificate with")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


async def test_a_certificate_nobody_vouches_for_ends_it_before_anything_is_sent(
    connect: Connect, stranger: ssl.SSLContext
) -> None:
    async with raw_panel(answering(http(b'{"order": 1}')), stranger) as panel:
        outcome = await connect(panel.url.replace("http:", "https:")).add(REQUEST)
    assert isinstance(outcome, Unsent)
    assert outcome.reason is UnsentReason.TLS
    assert outcome.misconfigured
    assert panel.requests == []
