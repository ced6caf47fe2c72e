"""Photos and documents: at hand while the server runs, in a folder for the next run, known by file_id."""

import logging
import mimetypes
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from bot.sandbox.memory import write_private
from bot.sandbox.telegram.errors import ApiError, bad_request

log = logging.getLogger(__name__)

#: In bytes (Bot API, "Sending files").
MAX_UPLOAD: Final = 50 * 1024 * 1024
MAX_PHOTO: Final = 10 * 1024 * 1024
MAX_DOWNLOAD: Final = 20 * 1024 * 1024
#: Width and height of a photo together, in pixels.
MAX_PHOTO_SIDES: Final = 10_000
_JPEG_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came over the wire."""

    name: str
    mime_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A photo (with a size in pixels) or a document (without)."""

    file_id: str
    name: str
    mime_type: str
    data: bytes
    size: tuple[int, int] | None

    @property
    def unique_id(self) -> str:
        """The `file_unique_id`."""
        return self.file_id[-16:]

    @property
    def path(self) -> str:
        """The `file_path` under which the bot downloads it."""
        folder = "documents" if self.size is None else "photos"
        return f"{folder}/{self.unique_id}{mimetypes.guess_extension(self.mime_type) or ''}"

    def to_json(self) -> dict[str, Any]:
        """What PhotoSize, Document and File have in common."""
        return {"file_id": self.file_id, "file_unique_id": self.unique_id, "file_size": len(self.data)}

    def photo_json(self) -> list[dict[str, Any]]:
        """The message's `photo`: one PhotoSize, the original."""
        width, height = self.size or (0, 0)
        return [{**self.to_json(), "width": width, "height": height}]

    def document_json(self) -> dict[str, Any]:
        """The message's `document`."""
        return {**self.to_json(), "file_name": self.name, "mime_type": self.mime_type}


class FileStore:
    """All files by file_id; the same bytes under the same name and kind get the same id.

    With a folder, the bytes of each file also lie there, under its file_id.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._files: dict[str, StoredFile] = {}
        self._by_path: dict[str, StoredFile] = {}

    def add_photo(self, upload: Upload) -> StoredFile:
        """Keeps a photo. Raises ApiError for an empty, too large or unreadable one."""
        if len(upload.data) > MAX_PHOTO:
            raise bad_request("file is too big")
        _check_size(upload)
        size = image_size(upload.data)
        if size is None:
            raise bad_request("IMAGE_PROCESS_FAILED")
        if sum(size) > MAX_PHOTO_SIDES:
            raise bad_request("PHOTO_INVALID_DIMENSIONS")
        return self._add("photo", upload, size)

    def add_document(self, upload: Upload) -> StoredFile:
        """Keeps a document. Raises ApiError for an empty or too large one."""
        _check_size(upload)
        return self._add("document", upload, None)

    def recall(self, file: StoredFile) -> None:
        """Knows a file of an earlier run again; its bytes come from the folder and are none when they are lost."""
        try:
            data = (self._folder / file.file_id).read_bytes() if self._folder else b""
        except OSError as trouble:
            log.warning("the sandbox lost a file: %s", trouble)
            data = b""
        self._keep(replace(file, data=data))

    def __iter__(self) -> Iterator[StoredFile]:
        return iter(self._files.values())

    def get(self, file_id: str) -> StoredFile | None:
        """The file with this id."""
        return self._files.get(file_id)

    def at_path(self, path: str) -> StoredFile | None:
        """The file with this `file_path`."""
        return self._by_path.get(path)

    def _add(self, kind: str, upload: Upload, size: tuple[int, int] | None) -> StoredFile:
        digest = blake2b(f"{kind}\0{upload.name}\0".encode() + upload.data, digest_size=24).hexdigest()
        prefix = "AgAC" if size else "BQAC"
        file = StoredFile(prefix + digest, upload.name, upload.mime_type, upload.data, size)
        known = self._files.get(file.file_id)
        if known and known.data:
            return known
        if self._folder:
            write_private(self._folder / file.file_id, file.data)
        return self._keep(file)

    def _keep(self, file: StoredFile) -> StoredFile:
        self._files[file.file_id] = self._by_path[file.path] = file
        return file


def _check_size(upload: Upload) -> None:
    if not upload.data:
        raise bad_request("file must be non-empty")
    if len(upload.data) > MAX_UPLOAD:
        raise ApiError(413, "Request Entity Too Large")


def image_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels of a PNG, GIF, JPEG or WebP picture, or None."""
    if data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return width, height
    if data[:6] in (b"GIF87a", b"GIF89a") and len(data) >= 10:
        width, height = struct.unpack("<HH", data[6:10])
        return width, height
    if data[:2] == b"\xff\xd8":
        return _jpeg_size(data)
    if data[:4] == b"RIFF" and data[8:15] == b"WEBPVP8" and len(data) >= 30:
        return _webp_size(data)
    return None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    place = 2
    while place + 9 <= len(data):
        marker, length = data[place + 1], int.from_bytes(data[place + 2 : place + 4], "big")
        if data[place] != 0xFF:
            return None
        if marker in _JPEG_FRAMES:
            height, width = struct.unpack(">HH", data[place + 5 : place + 9])
            return width, height
        place += 2 + length
    return None


def _webp_size(data: bytes) -> tuple[int, int] | None:
    match data[15:16]:
        case b"X":
            return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
        case b"L":
            bits = int.from_bytes(data[21:25], "little")
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        case b" ":
            width, height = struct.unpack("<HH", data[26:30])
            return width & 0x3FFF, height & 0x3FFF
        case _:
            return None
