"""Reads what a hand asks of the control API, field by field."""

import json
from collections.abc import Mapping

from aiohttp import web

_LARGEST = 10**12


class WishError(Exception):
    """A field of a control request is not what it should be; the text names it."""


class Wishes:
    """The JSON object of one control request; every reader raises WishError naming the field."""

    def __init__(self, fields: Mapping[str, object]) -> None:
        self._fields = fields

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def text(self, name: str) -> str | None:
        """A text that is not empty, or None."""
        value = self._fields.get(name)
        if value is None or (isinstance(value, str) and value):
            return value
        raise WishError(f"{name}: not a text")

    def number(self, name: str) -> int | None:
        """A whole number, or None."""
        value = self._fields.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _LARGEST:
            raise WishError(f"{name}: not a whole number")
        return value

    def seconds(self, name: str) -> float | None:
        """A time in seconds above nothing, or None."""
        value = self._fields.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= _LARGEST:
            raise WishError(f"{name}: not a time in seconds")
        return float(value)

    def flag(self, name: str) -> bool | None:
        """True, false, or None."""
        value = self._fields.get(name)
        if value is None or isinstance(value, bool):
            return value
        raise WishError(f"{name}: not true or false")

    def inner(self, name: str) -> "dict[str, Wishes]":
        """An object of objects; empty when it is not there."""
        value = self._fields.get(name) or {}
        if not isinstance(value, dict) or not all(isinstance(inner, dict) for inner in value.values()):
            raise WishError(f"{name}: not an object of objects")
        return {key: Wishes(inner) for key, inner in value.items()}


async def read_wishes(request: web.Request) -> Wishes:
    """The request's JSON object; an empty body is an empty object."""
    raw = await request.read()
    try:
        fields = json.loads(raw) if raw.strip() else {}
    except ValueError as error:
        raise WishError("the body is not JSON") from error
    if not isinstance(fields, dict):
        raise WishError("the body is not an object")
    return Wishes(fields)
