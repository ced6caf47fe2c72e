"""Paying in with Stars, from the wallet and for an order that waits, and everything that can go wrong with it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from tests.journeys.kit import Phone, Seen
from tests.journeys.shopping import market


async def bill_for(phone: Phone, label: str) -> Seen:
    """From the wallet to an invoice of one of the quick amounts."""
    said = await phone.say("/wallet")
    wallet = await phone.sees("Balance:", after=said)
    for press in ("Add money", "Telegram Stars", label):
        shown = await phone.until(lambda m, press=press: m.id == wallet.id and has(m, press))
        await phone.press(press, shown)
    return await phone.bill(after=wallet.id)


def has(message: Seen, label: str) -> bool:
    return any(label.casefold() in button["text"].casefold() for button in message.buttons)


async def test_a_wallet_is_filled_with_stars(tmp_path: Path) -> None:
    async with market(tmp_path, "0") as open_shop:
        mina = open_shop.mina
        bill = await bill_for(mina, "5.00 USD")
        assert (await mina.pay(bill))["status"] == "paid"
        await mina.sees("5.005 USD came in")
        assert await open_shop.money() == (Decimal("5.005"), Decimal(0))
