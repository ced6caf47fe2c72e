"""Telegram's wire on aiohttp: a request class for python-telegram-bot that never shows the token."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import IO, TYPE_CHECKING, Any, Final, cast

import aiohttp
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

if TYPE_CHECKING:
    from telegram._utils.types import ODVInput

#: Bodies up to this size fit the socket's buffer at once; larger ones are written piece by piece under a deadline.
_PIECE: Final = 64 * 1024


class AiohttpRequest(BaseRequest):
    """Calls of the Bot API over one aiohttp session; long polling uses an instance of its own.

    Timeouts are seconds, None waits for ever, and each may be given anew with a call. Pool: waiting for one of
    `connection_pool_size` connections. Connect: names, TCP and TLS. Write: any 64 KiB of the body. Read: silence of
    the server after the body. Raises TimedOut and NetworkError, whose texts carry neither address nor token.
    """

    def __init__(
        self,
        connection_pool_size: int = 256,
        read_timeout: float | None = 5.0,
        write_timeout: float | None = 5.0,
        connect_timeout: float | None = 5.0,
        pool_timeout: float | None = 5.0,
        media_write_timeout: float | None = 20.0,
    ) -> None:
        self._size = connection_pool_size
        self._read_timeout = read_timeout
        self._write_timeout = write_timeout
        self._connect_timeout = connect_timeout
        self._pool_timeout = pool_timeout
        self._media_write_timeout = media_write_timeout
        self._free = asyncio.Semaphore(connection_pool_size)
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        """The read timeout in seconds where a call names none."""
        return self._read_timeout

    async def initialize(self) -> None:
        """Open the session; without effect while it is open."""
        if self._session is None or self._session.closed:
            self._free = asyncio.Semaphore(self._size)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._size),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self.USER_AGENT},
                trust_env=False,
            )

    async def shutdown(self) -> None:
        """Close the session and its connections; without effect when it is closed."""
        if self._session is not None:
            await self._session.close()
            self._session = None

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
        """Make one request; the HTTP status and the body. Raises TimedOut and NetworkError."""
        if self._session is None:
            raise RuntimeError("this AiohttpRequest is not initialized")
        files = request_data.multipart_data if request_data else {}
        body, headers = await _encoded(request_data, files)
        timeout = aiohttp.ClientTimeout(
            total=None,
            connect=_given(connect_timeout, self._connect_timeout),
            sock_read=_given(read_timeout, self._read_timeout),
        )
        write = _given(write_timeout, self._media_write_timeout if files else self._write_timeout)
        async with self._connection(_given(pool_timeout, self._pool_timeout)):
            try:
                return await _exchange(self._session, method, url, body, headers, timeout, write)
            except (aiohttp.ClientError, OSError) as error:
                # The cause is cut off: its text may hold the address, and the address holds the token.
                raise _told(error) from None

    @asynccontextmanager
    async def _connection(self, patience: float | None) -> AsyncIterator[None]:
        """One of the pool's connections, so that aiohttp's own pool never makes anybody wait."""
        try:
            async with asyncio.timeout(patience if self._free.locked() else None):
                await self._free.acquire()
        except TimeoutError:
            raise TimedOut("Pool timeout: every connection is in use; the request was not sent") from None
        try:
            yield
        finally:
            self._free.release()


async def _exchange(
    session: aiohttp.ClientSession,
    method: str,
    url: str,
    body: bytes | None,
    headers: Mapping[str, str],
    timeout: aiohttp.ClientTimeout,
    write: float | None,
) -> tuple[int, bytes]:
    """Send and read under a deadline that moves with each piece of a large body and ends with the last one."""
    async with asyncio.timeout(None) as deadline:
        large = body is not None and len(body) > _PIECE
        async with session.request(
            method,
            url,
            data=_pieces(body, deadline, write) if body is not None and large else body,
            headers={**headers, "Content-Length": str(len(body))} if body is not None and large else headers,
            timeout=timeout,
            allow_redirects=False,
        ) as response:
            return response.status, await response.read()


async def _pieces(body: bytes, deadline: asyncio.Timeout, write: float | None) -> AsyncIterator[bytes]:
    clock = asyncio.get_running_loop().time
    for start in range(0, len(body), _PIECE):
        deadline.reschedule(None if write is None else clock() + write)
        yield body[start : start + _PIECE]
    deadline.reschedule(None)


async def _encoded(data: RequestData | None, files: Mapping[str, Any]) -> tuple[bytes | None, dict[str, str]]:
    """The body and its headers: nothing, a plain form, or a multipart form where files are uploaded."""
    if data is None:
        return None, {}
    if not files:
        return data.url_encoded_parameters().encode(), {"Content-Type": "application/x-www-form-urlencoded"}
    boundary = secrets.token_hex(16)
    parts = [_part(boundary, f'name="{name}"', value.encode()) for name, value in data.json_parameters.items()]
    for name, (filename, content, kind) in files.items():
        head = f'name="{name}"; filename="{_quotable(filename)}"\r\nContent-Type: {kind}'
        parts.append(_part(boundary, head, await _bytes_of(content)))
    body = b"".join([*parts, f"--{boundary}--\r\n".encode()])
    return body, {"Content-Type": f"multipart/form-data; boundary={boundary}"}


def _part(boundary: str, head: str, content: bytes) -> bytes:
    """One part of a multipart form (RFC 7578); header text is UTF-8, as browsers send it."""
    return f"--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + content + b"\r\n"


async def _bytes_of(content: bytes | IO[bytes]) -> bytes:
    """The whole file, read from its beginning, so that a repeated call sends it again."""
    if isinstance(content, bytes):
        return content
    return await asyncio.to_thread(_read_whole, content)


def _read_whole(handle: IO[bytes]) -> bytes:
    if handle.seekable():
        handle.seek(0)
    return handle.read()


def _quotable(filename: str) -> str:
    """A file name that can end neither its quotes nor its header line."""
    return "".join(char if char.isprintable() and char not in '"\\' else "_" for char in filename)


def _given(value: ODVInput[float], otherwise: float | None) -> float | None:
    return otherwise if value is BaseRequest.DEFAULT_NONE else cast("float | None", value)


def _told(error: BaseException) -> NetworkError:
    """The library's error for this one, in words that hold no address."""
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return TimedOut("Connect timeout: the request was not sent")
    if isinstance(error, aiohttp.SocketTimeoutError):
        return TimedOut("Read timeout: no answer in time")
    if isinstance(error, TimeoutError):
        return TimedOut("Write timeout: the body was not taken in time")
    code = error.errno if isinstance(error, OSError) else None
    reason = f": {os.strerror(code)}" if code and code > 0 else ""
    return NetworkError(f"{type(error).__name__}{reason}")
