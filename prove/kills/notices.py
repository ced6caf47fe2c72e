"""Row "notices": what people are told while the process is killed again and again and the Bot API fails.

Every order has a card that is edited and ends with a message of its own. All of them must arrive, none may tell what is
not committed, none may tell an older state after a newer one, and a message may come again only for a kill or for an
answer of Telegram's that was lost: withheld, or on its way when the process died.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from bot import app
from bot.engine import ordering, quoting
from bot.sandbox.telegram import Stage
from prove.kills.flows import QUANTITY, REMAINS
from prove.kills.shop import HASTE
from prove.kills.town import FIRST_CUSTOMER, Town, town, until
from prove.registry import named
from prove.row import Share, Size, Tally

_KILLS: Final = {Size.SHORT: 20, Size.LONG: 100}
_FAULTS: Final = 0.05
#: A card, its last state, and the message at the end.
_AT_LEAST: Final = 3
_LOOK_SECONDS: Final = 0.02
_SHOWN: Final = ("sendMessage", "editMessageText")
_TITLE: Final = re.compile(r"Order #(\d+)</b>\n<b>(Sending|Pending|In progress|Completed|Partial)<")
_END: Final = re.compile(r"Order #(\d+) (is completed|was delivered in part)")
_PENDING, _ENDED = 1, 3
_RANKS: Final = {"Sending": 0, "Pending": _PENDING, "In progress": 2, "Completed": _ENDED, "Partial": _ENDED}
_WAYS: Final[Sequence[Mapping[str, object]]] = (
    {"drop": {"when": "before", "methods": _SHOWN, "count": 1}},
    {"drop": {"when": "after", "methods": _SHOWN, "count": 1}},
    {"server_error": {"methods": _SHOWN, "count": 1}},
    {"flood": {"retry_after": 1, "count": 1}},
)


def run(share: Share) -> Tally:
    """Tell of as many orders as make this share's messages."""
    return asyncio.run(_all(share))


class Telegram:
    """What the Bot API saw, and how it fails."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.town: Town | None = None
        self.broken: list[str] = []
        self.delivered = 0
        #: Messages whose answer was withheld, or that were on their way when the process died.
        self.lost = 0
        self._read = 0
        self._reading = asyncio.Lock()
        #: How often each order's end was told.
        self.ends: Counter[int] = Counter()
        self.shown: defaultdict[int, int] = defaultdict(int)
        self.faulty = False

    async def on_call(self, method: str, parameters: Mapping[str, object], stage: Stage) -> None:
        """A call of the bot."""
        if method not in _SHOWN or self.town is None:
            return
        if stage is Stage.AFTER:
            if self.faulty and self._chance.random() < _FAULTS:
                await self._fail(self.town)
        elif end := _END.search(text := str(parameters["text"])):
            await self._committed(int(end[1]), text)

    async def follow(self, made: Town) -> None:
        """Read along what really became a message."""
        while True:
            await self.read_on(made)
            await asyncio.sleep(_LOOK_SECONDS)

    async def read_on(self, made: Town) -> None:
        """What became a message since the last time."""
        async with self._reading:
            async with made.http.get(f"{made.settings.telegram_api_url}/journal?after={self._read}") as answer:
                told = await answer.json()
            self._read = told["next"]
            for entry in told["entries"]:
                if entry["ok"] and entry["method"] in _SHOWN:
                    self.delivered += 1
                    self.look(str(entry["params"]["text"]))

    async def mourn(self, made: Town) -> None:
        """The process died: what Telegram took and the book does not know will come again."""
        await self.read_on(made)
        self.lost += len(await made.untold() & self.ends.keys())

    def all_show(self, orders: int, rank: int) -> bool:
        """Whether so many orders have shown so much."""
        return sum(shown >= rank for shown in self.shown.values()) >= orders

    def has_told(self, messages: int) -> bool:
        """Whether so many messages came in all."""
        return self.delivered >= messages

    def look(self, text: str) -> None:
        """One message as it stands in a chat."""
        if title := _TITLE.search(text):
            order, rank = int(title[1]), _RANKS[title[2]]
            if rank < self.shown[order]:
                self.broken.append(f"order {order}: {title[2]} was shown after a newer state")
            self.shown[order] = max(rank, self.shown[order])
        if end := _END.search(text):
            self.ends[int(end[1])] += 1

    async def _committed(self, order: int, text: str) -> None:
        assert self.town is not None
        found = await self.town.order(order)
        state = found.state.value if found else "nowhere"
        if state != ("completed" if "completed" in text else "partial"):
            self.broken.append(f"order {order} is {state}, and its end was told")

    async def _fail(self, made: Town) -> None:
        way = self._chance.choice(_WAYS)
        drop = way.get("drop")
        self.lost += isinstance(drop, Mapping) and drop["when"] == "after"
        async with made.http.post(f"{made.settings.telegram_api_url}/faults", json=way) as answer:
            answer.raise_for_status()


async def _all(share: Share) -> Tally:
    chance = share.chance(share.first)
    telegram = Telegram(chance)
    orders = -(-share.count // _AT_LEAST)
    kills = max(1, _KILLS[share.size] * share.count // named(share.row).targets[share.size])
    async with town(share.scratch, orders, telegram.on_call) as made, asyncio.TaskGroup() as group:
        await _place(made, orders)
        telegram.town = made
        made.on_death = partial(telegram.mourn, made)
        following = group.create_task(telegram.follow(made))
        keeper = group.create_task(made.keep_alive())
        broken = telegram.broken
        try:
            await until(lambda: telegram.all_show(orders, _PENDING))
            made.environment[HASTE] = "1"  # from here on as slowly as Telegram wants it
            await made.kill()
            telegram.faulty = True
            await _told(made, telegram, kills, chance)
        except TimeoutError:
            broken.append(f"{len(telegram.ends)} of {orders} ends were told; {made.log_tail()}")
        audit, _ = await made.look()
        broken += [*audit, *made.amiss]
        keeper.cancel()
        following.cancel()
    again = sum(telegram.ends.values()) - len(telegram.ends)
    if again > telegram.lost:
        broken.append(f"{again} messages came twice, and only {telegram.lost} answers were lost")
    figures = {"kills": made.deaths, "lost answers": telegram.lost, "came twice": again}
    told = f"messages from {share.first}, seed {share.seed}"
    return Tally(min(telegram.delivered, share.count), tuple(f"{told}: {each}" for each in broken), figures)


async def _told(made: Town, telegram: Telegram, kills: int, chance: random.Random) -> None:
    """Every order ends, some now and some then; in between the process is killed."""
    upstream = [number for number, _ in made.placed()]
    chance.shuffle(upstream)
    waves = [upstream[wave :: kills + 1] for wave in range(kills + 1)]
    for number, wave in enumerate(waves):
        for each in wave:
            in_part = chance.random() < 0.5
            status = {"status": "Partial", "remains": REMAINS} if in_part else {"status": "Completed"}
            await made.panel.set_order(each, **status)
        if number < kills:
            await until(partial(telegram.has_told, telegram.delivered + chance.randint(0, len(wave))))
            await made.kill()
    await until(lambda: telegram.all_show(len(upstream), _ENDED) and len(telegram.ends) == len(upstream))


async def _place(made: Town, orders: int) -> None:
    """Everybody has said hello and ordered; nothing is sent before the process begins."""
    async with app.open_shop(made.settings) as shop:
        for number in range(orders):
            person, now = FIRST_CUSTOMER + number, app.utc_now()
            answers = {"link": f"https://framely.example/p/{person}", "quantity": str(QUANTITY)}
            quote = await quoting.make_quote(shop, person, number + 1, made.offer.number, answers, now)
            await ordering.place_order(shop, quote.token, person, None, now)
            await made.say(person, "/start")
