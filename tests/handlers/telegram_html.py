"""What Telegram makes of a text with parse_mode HTML, by the sandbox that refuses what Telegram refuses."""

from __future__ import annotations

from bot.sandbox.telegram.formatting import formatted_text

TEXT_MAX = 4096


def visible(html: str) -> str:
    """The text people see. Raises ApiError for broken markup."""
    return formatted_text(html, "HTML", None).text
