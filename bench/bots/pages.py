"""What the floors show: the shop's pages with fixed texts, and the same buttons under them."""

from __future__ import annotations

from typing import Final

#: Text and buttons (label and data) of what answers each step of the order flow.
Page = tuple[str, list[tuple[str, str]]]

_ABOUT: Final = "Framely Followers · plan 100 · refill 30 days · starts within the hour"
CATEGORIES: Final[Page] = (
    "Choose a category.\nPage 1 of 32",
    [*((f"Framely Followers of collection {number}", f"s:{number}:1") for number in range(1, 9)),
     ("Next »", "c:2"), ("Menu", "m")],
)  # fmt: skip
SERVICES: Final[Page] = (
    "Framely Followers of collection 1\nPrices are per 1000.\nPage 1 of 5",
    [*((f"{_ABOUT[:60]} · 0.75 USD", f"v:{number}") for number in range(1, 9)),
     ("Next »", "c:2"), ("« Back", "c:1")],
)  # fmt: skip
SERVICE: Final[Page] = (
    f"{_ABOUT}\nCategory: Framely Followers\n\nPrice per 1000: 0.75 USD\nMinimum 10, maximum 100,000\nRefill: yes",
    [("Order", "o:1"), ("« Back", "s:1:1"), ("Menu", "m")],
)
LINK: Final[Page] = (f"{_ABOUT}\n\nSend the link.", [("« Back", "z:1"), ("Cancel", "x:1")])
QUANTITY: Final[Page] = (
    f"{_ABOUT}\nLink: https://framely.example/p/abc\n\nWhat quantity?",
    [*((f"{amount} · 0.08 USD", f"q:1:{amount}") for amount in (10, 100, 500, 1000, 5000, 10000)),
     ("« Back", "z:1"), ("Cancel", "x:1")],
)  # fmt: skip
_CONFIRM: Final = (
    f"Please check and confirm\n\n{_ABOUT}\nLink: https://framely.example/p/abc\nQuantity: 100\n\nPrice: 0.0875 USD\n"
    "Balance: 1,000 USD\nAfter it: 999.9125 USD\n\nValid for 10 minutes"
)
CONFIRM: Final[Page] = (
    _CONFIRM,
    [("Confirm", "y:1"), ("Cancel", "n:1"), ("Change link", "e:1:link"), ("Change quantity", "e:1:quantity")],
)
PLACED: Final[Page] = (
    f"Order #1\nSending\n\n{_ABOUT}\nLink: https://framely.example/p/abc\nQuantity: 100\nPrice: 0.0875 USD",
    [("Refresh", "f:1:0"), ("Cancel", "w:1:0"), ("My orders", "l:1:1")],
)
