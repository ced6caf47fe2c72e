"""People who chat with the bot over HTTP, as the chat page does, and the hand that steers a sandbox panel."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import aiohttp

from bot.engine.shop import Bell

PATIENCE_SECONDS = 20
T = TypeVar("T")


class Seen:
    """A message as a person sees it."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.raw = raw
        self.id: int = raw["message_id"]
        self.text: str = raw["text"]
        self.from_bot: bool = raw["from"] == "bot"
        #: title, description, currency, total_amount
        self.invoice: dict[str, Any] | None = raw["invoice"]
        #: Telegram's own message about money: kind (paid, refunded), charge_id, title, total_amount
        self.receipt: dict[str, Any] | None = raw["receipt"]

    @property
    def buttons(self) -> Iterator[dict[str, Any]]:
        """Every button below it."""
        for row in self.raw["keyboard"] or ():
            yield from row

    def button(self, label: str) -> dict[str, Any]:
        """The first button whose label holds these words. Raises AssertionError."""
        for button in self.buttons:
            if label.casefold() in button["text"].casefold():
                return button
        raise AssertionError(f"no button {label!r} under {self.text!r}: {[b['text'] for b in self.buttons]}")

    def __repr__(self) -> str:
        return f"<{self.id}: {self.text!r} {[b['text'] for b in self.buttons]}>"


class Phone:
    """One person's chat with the bot."""

    def __init__(
        self, base: str, person: int, http: aiohttp.ClientSession, live: aiohttp.ClientWebSocketResponse
    ) -> None:
        self._base, self.person, self._http, self._live = base, person, http, live
        self.messages: dict[int, Seen] = {}
        self.toasts: list[str] = []
        self._news = Bell()

    @property
    def last(self) -> Seen:
        """The newest message of the bot."""
        return next(m for m in sorted(self.messages.values(), key=lambda m: -m.id) if m.from_bot)

    async def say(self, text: str, reply_to: int | None = None) -> int:
        """Write; the message's id."""
        body = {"text": text, "reply_to": reply_to}
        return int((await self._post("message", body))["message_id"])

    async def press(self, label: str, message: Seen | None = None, *, force: bool = False) -> Seen:
        """Press a button of a message (the newest of the bot that has it)."""
        target = message or await self.until(lambda m: m.from_bot and _has(m, label))
        data = target.button(label)["callback_data"]
        await self._post("press", {"message_id": target.id, "data": data, "force": force})
        return target

    async def press_data(self, message: Seen, data: str) -> None:
        """Press a button that may no longer be there."""
        await self._post("press", {"message_id": message.id, "data": data, "force": True})

    async def send_file(self, content: bytes, caption: str = "", kind: str = "document") -> int:
        """Send a document, or a photo."""
        form = aiohttp.FormData({"kind": kind, "caption": caption})
        form.add_field("file", content, filename="list.txt")
        async with self._http.post(f"{self._base}/chat/{self.person}/upload", data=form) as answer:
            assert answer.status == 200, await answer.text()
            return int((await answer.json())["message_id"])

    async def bill(self, *words: str, after: int = 0) -> Seen:
        """Wait for an invoice of the bot, newer than `after`, whose title or description holds all these words."""

        def fits(seen: Seen) -> bool:
            shown = f"{seen.invoice['title']} {seen.invoice['description']}" if seen.invoice else ""
            return seen.invoice is not None and seen.id > after and all(word in shown for word in words)

        return await self.until(fits)

    async def pay(
        self, message: Seen | str, how: str = "normal", *, seconds: float | None = None, as_person: int | None = None
    ) -> dict[str, Any]:
        """Pay an invoice, or the one behind a link, in Stars; gives status, message, charge_id and charge_ids.

        `how` (normal, declined, late, lost, twice), `seconds` and the status are those of `bot.sandbox.telegram.purse`.
        """
        place = {"link": message} if isinstance(message, str) else {"message_id": message.id}
        return await self._post("pay", {**place, "how": how, "seconds": seconds, "as_person": as_person})

    async def payments(self) -> list[dict[str, Any]]:
        """What this person has paid, newest first: charge_id, title, total_amount, date, told, refunded."""
        async with self._http.get(f"{self._base}/chat/{self.person}/payments") as answer:
            return list((await answer.json())["payments"])

    async def release(self, charge_id: str) -> None:
        """Let the bot hear of a payment that is late or lost."""
        await self._post("release", {"charge_id": charge_id})

    async def take_back(self, charge_id: str, *, quiet: bool = False) -> None:
        """Telegram takes a payment back by itself; quietly means that only its transactions tell the bot."""
        await self._post("take-back", {"charge_id": charge_id, "quiet": quiet})

    async def set_stars(self, stars: int) -> None:
        """Have this many Stars."""
        await self._post("stars", {"stars": stars})

    async def edit(self, message_id: int, text: str) -> None:
        """Edit a message of one's own."""
        await self._post("edit", {"message_id": message_id, "text": text})

    async def block(self, *, blocked: bool = True) -> None:
        """Block the bot, or let it write again."""
        await self._post("block", {"blocked": blocked})

    async def sees(self, *words: str, after: int = 0) -> Seen:
        """Wait for a message of the bot, newer than `after`, that holds all these words."""
        return await self.until(lambda m: m.from_bot and m.id > after and all(w in m.text for w in words))

    async def card(self, *words: str) -> Seen:
        """Wait until a message of any age shows all these words."""
        return await self.sees(*words)

    async def until(self, fits: Callable[[Seen], bool]) -> Seen:
        """Wait until a message fits: the newest that does."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await self._when(lambda: self._find(fits))
        except TimeoutError:
            shown = "\n".join(map(repr, self.messages.values()))
            raise AssertionError(f"nothing fitting appeared to {self.person}; seen:\n{shown}") from None

    async def toast(self, words: str) -> str:
        """Wait for a pop-up that holds these words."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self._when(lambda: next((toast for toast in self.toasts if words in toast), None))

    async def listen(self) -> None:
        """Follow the chat, as an open app does, until the other side hangs up."""
        async for event in self._live:
            self._happened(json.loads(event.data))
            self._news.ring()

    async def _when(self, look: Callable[[], T | None]) -> T:
        while True:
            seen = self._news.rung
            if (found := look()) is not None:
                return found
            await self._news.wait(seen, PATIENCE_SECONDS)

    def _find(self, fits: Callable[[Seen], bool]) -> Seen | None:
        return next((m for m in sorted(self.messages.values(), key=lambda m: -m.id) if fits(m)), None)

    def _happened(self, event: dict[str, Any]) -> None:
        match event["type"]:
            case "snapshot":
                self.messages = {m["message_id"]: Seen(m) for m in event["messages"]}
            case "message" | "edit":
                self.messages[event["message"]["message_id"]] = Seen(event["message"])
            case "delete":
                self.messages.pop(event["message_id"], None)
            case "callback_answer":
                self.toasts.append(event["text"] or "")

    async def _post(self, path: str, body: object) -> dict[str, Any]:
        async with self._http.post(f"{self._base}/chat/{self.person}/{path}", json=body) as answer:
            assert answer.status == 200, await answer.text()
            return dict(await answer.json())


def _has(message: Seen, label: str) -> bool:
    return any(label.casefold() in button["text"].casefold() for button in message.buttons)


class SandboxPanel:
    """A sandbox panel over HTTP, with its controls."""

    def __init__(self, name: str, url: str, http: aiohttp.ClientSession) -> None:
        self.name, self.url, self._http = name, url, http

    async def state(self) -> dict[str, Any]:
        """Everything the drawer shows; the newest two hundred orders."""
        async with self._http.get(f"{self.url}/control/state") as answer:
            return dict(await answer.json())

    async def adds(self) -> int:
        """How many orders it took."""
        return int((await self.state())["adds"])

    async def set_order(self, upstream_id: str | None, **change: object) -> dict[str, Any]:
        """Give an order another status, other remains, or deliver more of it."""
        return await self._post(f"orders/{upstream_id}", change)

    async def set_refill(self, refill_id: object, status: str) -> dict[str, Any]:
        """Give a refill another status."""
        return await self._post(f"refills/{refill_id}", {"status": status})

    async def journal(self, action: str) -> list[dict[str, Any]]:
        """Every request of an action, with what became of it."""
        async with self._http.get(f"{self.url}/control/journal") as answer:
            return [entry for entry in await answer.json() if entry["action"] == action]

    async def fault(self, action: str, kind: str, count: int | None = 1, **more: object) -> None:
        """Break the next `count` requests of an action in a way of the sandbox's FaultKind; None breaks all."""
        await self._post("faults", {"action": action, "kind": kind, "count": count, **more})

    async def heal(self) -> None:
        """Nothing is broken any more."""
        async with self._http.delete(f"{self.url}/control/faults"):
            pass

    async def change_services(self, **change: object) -> None:
        """Change the catalogue."""
        await self._post("services", change)

    async def set_balance(self, balance: str) -> None:
        """Fill or empty the account."""
        await self._post("balance", {"balance": balance})

    async def _post(self, path: str, body: object) -> dict[str, Any]:
        async with self._http.post(f"{self.url}/control/{path}", json=body) as answer:
            answer.raise_for_status()
            return dict(await answer.json())
