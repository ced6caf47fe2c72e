"""Paying in by Crypto Pay: turned on by the operator, paid on the gateway's page, credited with and without a call."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import aiohttp

from bot.sandbox.cryptopay import CryptoPayConfig, serve_cryptopay
from tests.journeys.kit import Phone, Seen, free_port
from tests.journeys.shopping import LINK, Market, has, market, next_answer
from tests.kit import MINA
from tests.sandbox.cryptopay_kit import TOKEN

_HOOK = "/cryptopay/a-journey"


@dataclass
class Town:
    """An open shop, and the gateway it takes crypto by."""

    shop: Market
    http: aiohttp.ClientSession
    gateway: str

    async def pays(self, bill: Seen, how: str = "pay") -> None:
        """Somebody opens the invoice's page and presses a button there."""
        url = next(button["url"] for button in bill.buttons if "url" in button)
        async with self.http.post(url, data={"coin": "TON", "how": how}) as page:
            assert "Paid" in await page.text()

    async def transfers(self) -> list[tuple[str, str, str]]:
        """Whom the gateway sent what."""
        async with self.http.get(f"{self.gateway}/control/state") as answer:
            rows = (await answer.json())["transfers"]
        return [(row["user_id"], row["asset"], row["amount"]) for row in rows]

    async def transfers_off(self) -> None:
        async with self.http.post(f"{self.gateway}/control/transfers", json={"enabled": False}) as answer:
            assert answer.status == 200

    async def breaks(self, **fault: object) -> None:
        async with self.http.post(f"{self.gateway}/control/faults", json=fault) as answer:
            assert answer.status == 200


@contextlib.asynccontextmanager
async def town(folder: Path, money: str = "0", *, called: bool = True) -> AsyncIterator[Town]:
    listen = f"127.0.0.1:{free_port()}"
    hook = {"web_listen": listen, "crypto_pay_webhook": _HOOK} if called else {}
    config = CryptoPayConfig(TOKEN, webhook=f"http://{listen}{_HOOK}" if called else None)
    async with serve_cryptopay(config) as gateway, aiohttp.ClientSession() as http:
        where = {"crypto_pay_token": TOKEN, "crypto_pay_api_url": f"{gateway}/api"}
        async with market(folder, money, **where, **hook) as shop:
            made = Town(shop, http, gateway)
            await turn_on(shop)
            yield made


async def turn_on(shop: Market) -> None:
    """The operator reads the rule, and turns it on all the same."""
    page = await next_answer(shop.iris, "/topups")
    await shop.iris.press("Crypto Pay", page)
    off = await shop.iris.until(lambda m: m.id == page.id and has(m, "Turn on"))
    await shop.iris.press("Turn on", off)
    rule = await shop.iris.until(lambda m: m.id == page.id and "section 6.2" in m.text)
    await shop.iris.press("I know, turn it on", rule)
    await shop.iris.until(lambda m: m.id == page.id and "It is on" in m.text)


async def bill_for(phone: Phone, label: str) -> Seen:
    """From the wallet to the invoice of one of the quick amounts."""
    wallet = await next_answer(phone, "/wallet")
    for press in ("Add money", "Crypto Pay", label):
        await phone.until(lambda m, press=press: m.id == wallet.id and has(m, press))
        await phone.press(press, phone.messages[wallet.id])
    return await phone.sees("You pay at Crypto Pay", after=wallet.id)


async def asked_back(place: Town) -> None:
    """From a payment to the operator's yes."""
    mina, iris = place.shop.mina, place.shop.iris
    await place.pays(await bill_for(mina, "5.00 USD"))
    await mina.sees("5.00 USD came in")
    page = await next_answer(mina, "/paysupport")
    for press in ("5.00 USD", "Ask for it back", "Leave it out"):
        shown = await mina.until(lambda m, press=press: m.id >= page.id and has(m, press))
        await mina.press(press, shown)
    wish = await iris.sees("asks for 5.00 USD back")
    await iris.press("Give 5.00 USD back", wish)


async def test_a_wallet_is_filled_with_crypto(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        mina = place.shop.mina
        bill = await bill_for(mina, "10.00 USD")
        assert bill.button("Pay 10.00 USD at Crypto Pay")["url"].startswith(f"{place.gateway}/pay/")
        await place.pays(bill)
        await mina.sees("10.00 USD came in")
        assert await place.shop.money() == (Decimal(10), Decimal(0))


async def test_a_lost_call_costs_seconds_and_no_money(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        bill = await bill_for(place.shop.mina, "5.00 USD")
        await place.pays(bill, "lost")
        await place.shop.mina.sees("5.00 USD came in")
        assert await place.shop.money() == (Decimal(5), Decimal(0))


async def test_no_public_address_is_needed(tmp_path: Path) -> None:
    async with town(tmp_path, called=False) as place:
        bill = await bill_for(place.shop.mina, "5.00 USD")
        await place.pays(bill)
        await place.shop.mina.sees("5.00 USD came in")


async def test_an_order_waits_for_what_its_wallet_lacks(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        mina = place.shop.mina
        card = await place.shop.quote(place.shop.offer(), LINK, "1000")
        await mina.press("Crypto Pay", card)
        bill = await mina.sees("You pay at Crypto Pay", after=card.id)
        await place.pays(bill)
        came = await mina.sees("came in", after=bill.id)
        finish = next(m for m in (came, mina.messages[card.id]) if has(m, "Confirm"))
        await place.shop.card(await place.shop.confirm(finish), "Pending")
        assert len(await place.shop.adds()) == 1


async def test_a_gateway_that_does_not_answer_is_said_plainly(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        mina = place.shop.mina
        await place.breaks(kind="down", method="createInvoice", count=1)
        wallet = await next_answer(mina, "/wallet")
        for press in ("Add money", "Crypto Pay", "5.00 USD"):
            await mina.until(lambda m, press=press: m.id == wallet.id and has(m, press))
            await mina.press(press, mina.messages[wallet.id])
        await mina.sees("Crypto Pay does not answer just now", after=wallet.id)
        await place.pays(await bill_for(mina, "5.00 USD"))
        await mina.sees("5.00 USD came in")


async def test_a_payment_that_is_not_spent_goes_back_in_the_coin_it_came_in(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        await asked_back(place)
        await place.shop.mina.sees("5.00 USD went back to where it came from")
        assert await place.transfers() == [(str(MINA), "TON", "1.5625")]
        assert await place.shop.money() == (Decimal(0), Decimal(0))


async def test_what_the_gateway_will_not_send_is_in_the_wallet_again(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        await place.transfers_off()
        await asked_back(place)
        await place.shop.mina.sees("could not be given back there", "5.00 USD is in your wallet again")
        await place.shop.iris.sees("Crypto Pay will not give a payment back", "METHOD_DISABLED")
        assert await place.transfers() == []
        assert await place.shop.money() == (Decimal(5), Decimal(0))
