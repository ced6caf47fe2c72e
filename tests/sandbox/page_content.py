"""Canned content for the page stub: people, messages of every kind, two panels."""

from __future__ import annotations

import struct
import time
import zlib
from functools import cache
from typing import Any

PEOPLE: list[dict[str, Any]] = [
    {"id": 1, "first_name": "Mara", "last_name": "Oswin", "username": "mara_o", "language_code": "en"},
    {"id": 2, "first_name": "สมหญิง", "last_name": None, "username": None, "language_code": "th"},
    {
        "id": 3,
        "first_name": "Bartholomew-Maximilian",
        "last_name": "of the Very Long Family Name",
        "username": "bart",
        "language_code": "de",
    },
    {"id": 9, "first_name": "Olga", "last_name": None, "username": "olga_ops", "language_code": "en"},
]
for _person in PEOPLE:
    _person |= {"role": "operator" if _person["id"] == 9 else "customer", "blocked": False}

COMMANDS = [
    {"command": "start", "description": "Say hello"},
    {"command": "order", "description": "Order something"},
    {"command": "orders", "description": "Your orders and how far they are"},
    {"command": "wallet", "description": "Your balance and its history"},
    {"command": "help", "description": "How it works"},
    {
        "command": "support",
        "description": "Write to a person; the answer comes here, usually within a few hours",
    },
]

SECOND = 1
MINUTE = 60 * SECOND
DAY = 24 * 60 * MINUTE


def _message(source: str, html: str, age: int, **more: Any) -> dict[str, Any]:
    empty = {
        "edited": None,
        "photo": None,
        "document": None,
        "reply_to": None,
        "keyboard": None,
        "invoice": None,
    }
    base = {
        "message_id": 0,
        "from": source,
        "date": int(time.time()) - age,
        "html": html,
        "text": html,
        "silent": False,
    }
    return base | empty | more


def bot_message(html: str, age: int = 0, **more: Any) -> dict[str, Any]:
    return _message("bot", html, age, **more)


def own_message(html: str, age: int = 0, **more: Any) -> dict[str, Any]:
    return _message("person", html, age, **more)


def order_card(age: int = 0) -> dict[str, Any]:
    keyboard = [
        [
            {"text": "✅ Confirm", "callback_data": "confirm", "style": "success"},
            {"text": "Cancel", "callback_data": "cancel", "style": "danger"},
        ],
        [
            {"text": "Slow one", "callback_data": "slow", "style": "primary"},
            {"text": "Alert", "callback_data": "alert"},
        ],
        [{"text": "Terms", "url": "https://example.org/terms"}, {"text": "Copy number", "copy_text": "1043"}],
    ]
    html = (
        "<b>Please check</b>\nService: Followers · Standard\nLink: <code>https://example.org/p/northern-lights</code>\n"
        "Quantity: 1,000\n\nPrice: <b>1.2500 USD</b>\nBalance after: 8.7500 USD"
    )
    return bot_message(html, age, keyboard=keyboard)


def _services() -> list[list[dict[str, str]]]:
    names = [
        "Followers · Standard, mixed countries, 30 days refill, starts within the hour — 0.9000",
        "Followers · Slow and steady — 1.4000",
        "Views — 0.0200",
        "ไลก์โพสต์ คุณภาพสูง — 0.5000",
        "إعجابات عالية الجودة — 0.7500",
        "Comments, your own words 💬 — 4.0000",
        "Likes <&> shares — 0.3000",
    ]
    rows = [[{"text": name, "callback_data": f"s{number}"}] for number, name in enumerate(names)]
    pages = [("« Back", "back"), ("2 / 9", "page"), ("Next »", "next")]
    return [*rows, [{"text": text, "callback_data": data} for text, data in pages]]


def gallery() -> list[dict[str, Any]]:
    """One message of every kind, oldest first."""
    long = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen" * 3
    messages = [
        own_message("/start", DAY + 9 * MINUTE),
        bot_message(
            "<b>Welcome, Mara &lt;3!</b>\nI sell attention by the thousand. Try /order or /wallet.", DAY + 9 * MINUTE
        ),
        bot_message(
            "A picture of the aurora over the harbour.",
            DAY + 8 * MINUTE,
            photo={"file_id": "p1", "width": 640, "height": 400},
        ),
        bot_message(
            "",
            DAY + 8 * MINUTE,
            document={"file_id": "d1", "name": "prices-and-conditions-of-the-season.csv", "size": 18_432},
        ),
        own_message("สวัสดีครับ อยากสั่งซื้อผู้ติดตามหนึ่งพันคน ราคาเท่าไหร่ครับ", 50 * MINUTE),
        bot_message("مرحبا! اختر خدمة من القائمة، ثم أرسل الرابط والكمية.", 49 * MINUTE),
        own_message(f"{long}", 48 * MINUTE),
        bot_message("Choose a service. Prices are per 1000.", 47 * MINUTE, keyboard=_services()),
        own_message("👍", 30 * MINUTE),
        bot_message(
            '<u>Under</u>, <i>slanted</i>, <s>gone</s>, <code>code</code>, <span class="spoiler">secret</span>, '
            '<a href="https://example.org">a link</a>.\n<pre>for order in orders:\n    print(order)</pre>\n'
            "<blockquote>Quoted words stand apart.</blockquote>",
            29 * MINUTE,
        ),
        own_message(
            "And this one answers you:\n\nline two 🎉🇹🇭\nline three",
            28 * MINUTE,
            reply_to={"message_id": 8, "text": "Choose a service. Prices are per 1000."},
        ),
        order_card(20 * MINUTE),
        bot_message(
            "Order <b>#1042</b>\nFollowers · Standard\n▓▓▓▓▓▓▓░░░ 70 %\nIn progress, 300 of 1,000 remain",
            19 * MINUTE,
            edited=int(time.time()) - 60,
            keyboard=[[{"text": "Refresh", "callback_data": "refresh"}]],
        ),
        own_message("ok", 18 * MINUTE),
    ]
    return [message | {"message_id": number} for number, message in enumerate(messages, 1)]


def operator_gallery() -> list[dict[str, Any]]:
    """What an operator sees: a dashboard and an alert that wants a decision."""
    messages = [
        own_message("/admin", 40 * MINUTE),
        bot_message(
            "<b>Today</b>\nOrders: 12 (1 checking)\nTurnover: 84.2000 USD, margin 16.8400 USD\n\n"
            "<b>Panels</b>\nnorthwind: 93.10 USD\nlumen: <b>2.40 USD</b> ⚠️ low",
            40 * MINUTE,
            keyboard=[
                [{"text": "Refresh", "callback_data": "refresh"}],
                [{"text": "1 order needs a decision", "callback_data": "alert", "style": "primary"}],
            ],
        ),
        bot_message(
            "⚠️ Order <b>#1041</b>: the panel’s answer was lost. 4.5000 USD stay reserved.",
            12 * MINUTE,
            keyboard=[
                [{"text": "Attach id", "callback_data": "attach"}, {"text": "Not placed", "callback_data": "none"}],
                [{"text": "Give the money back", "callback_data": "void", "style": "danger"}],
            ],
        ),
    ]
    return [message | {"message_id": number} for number, message in enumerate(messages, 1)]


def panel_state(name: str) -> dict[str, Any]:
    statuses = ["Pending", "In progress", "Completed", "Partial", "Canceled", "In progress"]
    orders = [
        {
            "id": str(90_045 - n),
            "service": 100 + n,
            "service_name": "Followers · Standard, mixed countries, 30 days",
            "type": "Default",
            "link": "https://example.org/p/northern-lights",
            "quantity": 1000,
            "status": status,
            "start_count": 12,
            "remains": 1000 - 180 * n,
            "charge": "0.90",
            "created": int(time.time()) - n * 90,
        }
        for n, status in enumerate(statuses)
    ]
    return {
        "name": name,
        "dialect": name,
        "balance": "93.10",
        "currency": "USD",
        "speed": 5.0,
        "faults": {},
        "services": 3200,
        "adds": 6,
        "orders": orders,
    }


@cache
def picture(width: int, height: int) -> bytes:
    """A PNG with a soft gradient, made here so that no image file is kept."""
    rows = b"".join(
        b"\0" + bytes(v for x in range(width) for v in (40 + 90 * y // height, 60 + 120 * x // width, 140))
        for y in range(height)
    )

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
