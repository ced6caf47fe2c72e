"""What the Bot API, or whatever answers in its place, says of a failure: free of the token before anybody reads it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from telegram.error import TelegramError
from telegram.request import BaseRequest, RequestData

if TYPE_CHECKING:
    from telegram._utils.types import ODVInput

_WELL: Final = b'{"ok":true'
_OK: Final = 200


class DiscreetRequest(BaseRequest):
    """Another request class, whose failures are masked.

    A proxy's page of errors likes to repeat the address it was asked for, which holds the token; the library makes
    that page the exception's text, and texts of exceptions are stored and told to operators. Answers that succeed pass
    untouched.
    """

    def __init__(self, inner: BaseRequest, masked: Callable[[str], str]) -> None:
        self._inner = inner
        self._masked = masked

    @property
    def read_timeout(self) -> float | None:
        """The other one's."""
        return self._inner.read_timeout

    async def initialize(self) -> None:
        """Open the other one."""
        await self._inner.initialize()

    async def shutdown(self) -> None:
        """Close it."""
        await self._inner.shutdown()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        write_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        connect_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        pool_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Make one request; the HTTP status and the body. Raises what the other one raises, with its text masked."""
        timeouts = (read_timeout, write_timeout, connect_timeout, pool_timeout)
        try:
            status, body = await self._inner.do_request(url, method, request_data, *timeouts)
        except TelegramError as error:
            error.message = self._masked(error.message)
            error.args = (error.message,)
            raise
        if status == _OK and (method == "GET" or body.startswith(_WELL)):  # a file's own bytes are fetched by GET
            return status, body
        return status, self._masked(body.decode("utf-8", "replace")).encode()
