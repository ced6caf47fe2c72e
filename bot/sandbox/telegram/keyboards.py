"""reply_markup: what Telegram accepts and how it gives it back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.sandbox.telegram.errors import bad_request
from bot.sandbox.telegram.links import BadLinkError, check_link
from bot.sandbox.telegram.stars import Invoice

MAX_BUTTONS: Final = 100
#: In bytes.
MAX_CALLBACK_DATA: Final = 64
MAX_COPY_TEXT: Final = 256
_STYLES: Final = frozenset({"primary", "success", "danger"})
_PASSED_ON: Final = ("callback_game", "switch_inline_query", "switch_inline_query_chosen_chat")
_MORE_PASSED_ON: Final = ("switch_inline_query_current_chat", "login_url")

Button = dict[str, Any]
Rows = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class Inline:
    """Buttons under a message."""

    rows: Rows

    def to_json(self) -> dict[str, Any]:
        """The `InlineKeyboardMarkup` a message carries."""
        return {"inline_keyboard": [list(row) for row in self.rows]}

    def has(self, data: str) -> bool:
        """Whether one of the buttons sends this callback_data."""
        return any(button.get("callback_data") == data for row in self.rows for button in row)

    @property
    def pays_first(self) -> bool:
        """Whether the first button pays and no other does, as Telegram wants it below an invoice."""
        first, *others = (button for row in self.rows for button in row)
        return "pay" in first and not any("pay" in button for button in others)


@dataclass(frozen=True, slots=True)
class Reply:
    """Instead of the person's own keyboard; `markup` None takes it away. Never echoed by the Bot API."""

    markup: dict[str, Any] | None


def read_markup(value: object) -> Inline | Reply | None:
    """The markup of a call, decoded. Raises ApiError for what Telegram refuses."""
    if value in (None, ""):
        return None
    if not isinstance(value, Mapping):
        raise bad_request("object expected as reply markup")
    if value.get("keyboard"):
        return Reply(_reply_keyboard(value))
    if value.get("inline_keyboard"):
        return _inline(value["inline_keyboard"])
    if value.get("remove_keyboard"):
        return Reply(None)
    if value.get("force_reply"):
        return Reply(dict(value))
    return None


def read_inline(value: object) -> Inline | None:
    """The markup of an edit, which can only be inline."""
    markup = read_markup(value)
    if isinstance(markup, Reply):
        raise bad_request("inline keyboard expected")
    return markup


def payless(markup: Inline | None) -> Inline | None:
    """Buttons where nothing can be paid. Raises ApiError for one that pays."""
    if markup and any("pay" in button for row in markup.rows for button in row):
        raise bad_request("BUTTON_TYPE_INVALID")
    return markup


def with_pay_button(invoice: Invoice, markup: Inline | None) -> Inline:
    """The buttons below an invoice: as given when the first of them pays, else one that does. Raises ApiError."""
    if markup is None:
        return Inline((({"text": f"Pay {invoice.amount} ⭐", "pay": True},),))
    if not markup.pays_first:
        raise bad_request("BUTTON_POS_INVALID")
    return markup


def _rows_of(rows: object, complaint: str) -> list[list[object]]:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request(complaint)
    if sum(len(row) for row in rows) > MAX_BUTTONS:
        raise bad_request("reply markup is too long")
    return [row for row in rows if row]


def _reply_keyboard(markup: Mapping[str, Any]) -> dict[str, Any]:
    rows = _rows_of(markup["keyboard"], 'field "keyboard" must be an Array of Arrays')
    return {**markup, "keyboard": [[_reply_button(button) for button in row] for row in rows]}


def _reply_button(button: object) -> Button:
    if isinstance(button, str):
        button = {"text": button}
    if not isinstance(button, Mapping):
        raise bad_request("can't parse keyboard button: KeyboardButton must be a String or an Object")
    body = dict(button)
    if "text" not in body:
        raise bad_request("can't parse keyboard button: Can't find field \"text\"")
    if not body["text"]:
        raise bad_request("keyboard button text must be non-empty")
    _check_style(body)
    if "web_app" in body:
        _check_app(body, "keyboard button")
    return body


def _inline(rows: object) -> Inline | None:
    complaint = 'field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays'
    kept = _rows_of(rows, complaint)
    return Inline(tuple(tuple(_inline_button(button) for button in row) for row in kept)) if kept else None


def _inline_button(button: object) -> Button:
    if not isinstance(button, Mapping):
        raise _unreadable("InlineKeyboardButton must be an Object")
    if "text" not in button:
        raise _unreadable('Can\'t find field "text"')
    if not isinstance(button["text"], str) or not button["text"].strip():
        raise bad_request("BUTTON_TEXT_INVALID")
    _check_style(button)
    look = {key: button[key] for key in ("style", "icon_custom_emoji_id") if button.get(key)}
    return {"text": button["text"], **look, **_action(button)}


def _action(button: Mapping[str, Any]) -> Button:
    """What the button does; the first action found counts, in Telegram's order."""
    if button.get("url"):
        return {"url": _checked_url(str(button["url"]))}
    if button.get("callback_data"):
        return {"callback_data": _checked_data(button["callback_data"])}
    if "pay" in button:
        return {"pay": True}
    for key in (*_PASSED_ON, *_MORE_PASSED_ON):
        if key in button:
            return {key: button[key]}
    if "web_app" in button:
        return {"web_app": _check_app(button, "inline keyboard button")}
    if "copy_text" in button:
        return {"copy_text": _checked_copy(button["copy_text"])}
    raise _unreadable("Text buttons are unallowed in the inline keyboard")


def _checked_url(url: str) -> str:
    try:
        return check_link(url)
    except BadLinkError as refusal:
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: {refusal}") from None


def _checked_data(data: object) -> str:
    if not isinstance(data, str):
        raise _unreadable('Field "callback_data" must be of type String')
    if len(data.encode()) > MAX_CALLBACK_DATA:
        raise bad_request("BUTTON_DATA_INVALID")
    return data


def _checked_copy(copy: object) -> dict[str, str]:
    text = copy.get("text") if isinstance(copy, Mapping) else None
    if not isinstance(text, str) or not 0 < len(text) <= MAX_COPY_TEXT:
        raise bad_request("BUTTON_COPY_TEXT_INVALID")
    return {"text": text}


def _check_app(button: Mapping[str, Any], name: str) -> dict[str, str]:
    app = button["web_app"]
    url = str(app.get("url", "")) if isinstance(app, Mapping) else ""
    if not url.lower().startswith("https://"):
        raise bad_request(f"{name} Web App URL '{url}' is invalid: Only HTTPS links are allowed")
    return {"url": url}


def _check_style(button: Mapping[str, Any]) -> None:
    style = button.get("style")
    if style and style not in _STYLES:
        raise _unreadable("invalid button style specified")


def _unreadable(reason: str) -> Exception:
    return bad_request(f"can't parse inline keyboard button: {reason}")
