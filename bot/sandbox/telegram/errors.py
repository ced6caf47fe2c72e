"""What the Bot API answers when it refuses a call."""

from collections.abc import Mapping
from typing import Any, Final

NOT_MODIFIED: Final = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)
STALE_QUERY: Final = "query is too old and response timeout expired or query ID is invalid"
BLOCKED: Final = "Forbidden: bot was blocked by the user"
OTHER_POLL: Final = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
WEBHOOK_TOOK_OVER: Final = "Conflict: terminated by setWebhook request"
WEBHOOK_ACTIVE: Final = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)


class ApiError(Exception):
    """A refused call: `error_code` is also the HTTP status, `description` is Telegram's own text."""

    def __init__(self, error_code: int, description: str, parameters: Mapping[str, Any] | None = None) -> None:
        super().__init__(error_code, description)
        self.error_code = error_code
        self.description = description
        self.parameters = parameters

    def to_json(self) -> dict[str, Any]:
        """The answer's body (Bot API, "Making requests")."""
        body = {"ok": False, "error_code": self.error_code, "description": self.description}
        return body if self.parameters is None else {**body, "parameters": dict(self.parameters)}


def bad_request(reason: str) -> ApiError:
    """A 400 whose reason starts in lower case, as Telegram writes it."""
    return ApiError(400, f"Bad Request: {reason}")


def cannot_parse(reason: str) -> ApiError:
    """A 400 for markup that is not well formed."""
    return bad_request(f"can't parse entities: {reason}")


def too_many_requests(retry_after: int) -> ApiError:
    """A 429; `retry_after` is in seconds."""
    return ApiError(429, f"Too Many Requests: retry after {retry_after}", {"retry_after": retry_after})
