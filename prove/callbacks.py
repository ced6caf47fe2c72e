"""Row "callbacks": forged presses, and every button pressed by somebody it was not shown to: nothing may change.

The real handlers on the real intake and a real database. Before and after each press everything of money, orders and
settings is compared. A forged payload follows from the seed and its number; the presses of recorded buttons, which are
always all of them, come on top.
"""

from __future__ import annotations

import asyncio
import random
import string
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import fields
from pathlib import Path
from typing import Final, get_type_hints

from bot import app
from bot.engine import fulfilment
from bot.panels.outcomes import AddOutcome, Lost, Placed
from bot.wire.reasons import HttpFacts, LostReason
from handlers.callbacks import Button, kinds, parse
from prove.row import Share, Size, Tally
from prove.stall import PANEL, Recorded, Stall, stall, stocked, with_money

MINA, THEO, BO, ZOE, IRIS, OTTO = 1001, 1002, 1003, 1004, 9001, 9002
GROUP: Final = {"id": -100500, "type": "supergroup", "title": "A group"}
#: Telegram's own accounts for whoever stays unnamed.
UNNAMED: Final = (1087968824, 136817688, 777000)
#: Who presses forged payloads: none of them owns anything a press could change.
_FORGERS: Final = (THEO, BO, ZOE, OTTO)
_LINK: Final = "https://framely.example/p/"
_TOKENS: Final = ("y:", "n:", "r:", "t:", "e:")
_ALPHABET: Final = string.ascii_letters + string.digits + "_-"
_STRANGE: Final = ":;%\x00\n\u202e\ud800é١ '\"<>{}$\\/.+-"
_SECOND_LIFE: Final = 1_000_000
_ROUNDS: Final = 6
_LARGE: Final = 2**31
_LOOKS: Final = ("Show", "Open", "Ask", "Pick", "Preview", "Refresh", "Begin", "Order")
_TEXTS_OF_IRIS: Final = (
    "/start", "/admin", f"/credit {MINA} 5000 a large gift", f"/debit {MINA} 2000 a large mistake", f"/user {MINA}",
    "/find 1", "/find 2", "/find 3", "/resolve", f"/ban {MINA} no manners", "/markup 40", "/hide 1", "/maintenance",
    "/stats", "/panels", "/audit", "/broadcast", "News for everybody",
)  # fmt: skip


def run(share: Share) -> Tally:
    """Forge so many payloads; the first share presses every recorded button as everybody else besides."""
    return asyncio.run(_run(share))


async def _run(share: Share) -> Tally:
    recorded = await record(share.scratch)
    broken: list[str] = []
    figures = {"forged": share.count}
    async with _open(share.scratch) as at:
        watch = _Watch(at, share.seed)
        await watch.begin()
        if share.index == 0:
            buttons = recorded if share.size is Size.LONG else list(_some(recorded))
            figures |= {"buttons": len(buttons), "kinds of buttons": len({b.data.partition(":")[0] for b in buttons})}
            figures["presses by others"] = await _press_all(watch, buttons)
        for number in range(share.first, share.first + share.count):
            chance = share.chance(number)
            await watch.press(chance.choice(_FORGERS), forged(chance, recorded), f"payload {number}")
            if chance.random() < 0.1:
                await watch.press(MINA, _wrong_token(chance, recorded), f"token {number}")
        broken += watch.broken
        broken += at.poisoned
    return Tally(share.count, tuple(broken), figures)


def _some(recorded: Sequence[Recorded]) -> Iterator[Recorded]:
    """All that stand for a quote, and the newest of each other kind somebody was shown: pages repeat themselves."""
    newest = {(button.chat, button.data.partition(":")[0]): button for button in recorded}
    yield from (b for b in recorded if b.data.startswith(_TOKENS) or newest[b.chat, b.data.partition(":")[0]] == b)


async def record(folder: Path) -> Sequence[Recorded]:
    """Live a day of the shop; every button that anybody was shown, and a made-up one of each kind nobody was."""
    async with stall(folder, (IRIS, OTTO)) as at:
        await stocked(at.shop)
        for person, units in ((MINA, 500), (THEO, 500), (BO, 500), (ZOE, 1)):
            await with_money(at.shop, person, units)
        await _customers_day(at)
        await _operators_day(at)
        await at.say(IRIS, f"/ban {BO} no manners")
        ban = next(button.data for button in reversed(at.ear.buttons) if button.data.startswith("obB:"))
        await at.press(IRIS, ban)
        await at.say(OTTO, "/admin")
        if at.poisoned:
            raise AssertionError(at.poisoned)
        shown = list(at.ear.buttons)
    missing = {kind.prefix for kind in kinds()} - {button.data.partition(":")[0] for button in shown}
    return shown + [Recorded(_owner(kind), _made_up(kind)) for kind in kinds() if kind.prefix in missing]


def _owner(kind: type[Button]) -> int:
    return MINA if kind.__module__ == Button.__module__ else IRIS


async def _customers_day(at: Stall) -> None:
    outcomes: tuple[AddOutcome | None, ...] = (
        Lost(LostReason.NO_ANSWER, HttpFacts()), Placed("77001", HttpFacts()), None, None,
    )  # fmt: skip
    for number, outcome in enumerate(outcomes):
        token = await _confirm_card(at, MINA, number)
        if number < len(outcomes) - 1:
            await at.press(MINA, f"y:{token}")
        if outcome is not None and (claimed := await fulfilment.claim(at.shop, PANEL, app.utc_now())):
            await fulfilment.record(at.shop, claimed, outcome, app.utc_now())
    for text in ("/orders", "/wallet", "/language", "/support", "Where is it?", "/help", "/start"):
        await at.say(MINA, text)
    await _look_around(at, MINA)
    await _confirm_card(at, MINA, 9)  # left open


async def _confirm_card(at: Stall, person: int, number: int) -> str:
    before = set(at.ear.buttons)
    await at.say(person, "/order")
    await at.press(person, "o:1")
    await at.say(person, f"{_LINK}{number}")
    await at.say(person, "1000")
    fresh = [button.data for button in at.ear.buttons if button not in before and button.data.startswith("y:")]
    return fresh[-1].partition(":")[2]


async def _operators_day(at: Stall) -> None:
    for text in _TEXTS_OF_IRIS:
        await at.say(IRIS, text)
        await at.say(OTTO, text)
    await _look_around(at, IRIS)


async def _look_around(at: Stall, person: int) -> None:
    """Press whatever only shows something, until nothing new is shown."""
    pressed: set[str] = set()
    for _ in range(_ROUNDS):
        new = [
            b.data for b in list(at.ear.buttons) if b.chat == person and b.data not in pressed and _only_shows(b.data)
        ]
        pressed.update(new)
        for data in new:
            await at.press(person, data)


def _only_shows(data: str) -> bool:
    button = parse(data)
    return button is not None and type(button).__name__.startswith(_LOOKS) and type(button).__name__ != "AskGap"


def _made_up(kind: type[Button]) -> str:
    hints = get_type_hints(kind)
    words = {"token": "A" * 22, "field": "link", "scope": "service", "key": "1", "why": "goodwill", "language": "tr"}
    return kind(*(1 if hints[f.name] is int else words.get(f.name, "abc") for f in fields(kind))).pack()


@asynccontextmanager
async def _open(folder: Path) -> AsyncIterator[Stall]:
    """The next day: Otto is no operator any more."""
    async with stall(folder, (IRIS,), _SECOND_LIFE) as at:
        yield at


class _Watch:
    """Presses, and compares everything that must not change with how it was."""

    def __init__(self, at: Stall, seed: int) -> None:
        self._at, self._seed = at, seed
        self._stands: dict[str, str] = {}
        self.broken: list[str] = []

    async def begin(self) -> None:
        """Everybody comes by once; from here on nothing may change."""
        for person in (MINA, THEO, BO, ZOE, OTTO, IRIS):
            await self._at.say(person, "/help")
        self._stands = await self._at.digest()

    async def press(self, person: int, data: str, what: str, chat: dict[str, object] | None = None) -> None:
        """One press in the person's own chat, or in the one that is named."""
        await self._at.press(person, data, chat)
        await self._compare(person, data, what)

    async def press_inline(self, person: int, data: str, what: str) -> None:
        """One press under a message in some other chat."""
        await self._at.press_inline(person, data)
        await self._compare(person, data, what)

    async def _compare(self, person: int, data: str, what: str) -> None:
        now = await self._at.digest()
        if now != self._stands:
            tables = [name for name in now if now[name] != self._stands.get(name)]
            replay = f"python -m prove callbacks --seed {self._seed}"
            self.broken.append(f"{what}: {data!r} pressed by {person} changed {', '.join(tables)}; {replay}")
            self._stands = now


async def _press_all(watch: _Watch, recorded: Sequence[Recorded]) -> int:
    count = 0
    for button in recorded:
        for person in _others(button):
            await watch.press(person, button.data, f"shown to {button.chat}")
            count += 1
        for person in (MINA, IRIS):
            await watch.press(person, button.data, "in a group", GROUP)
            await watch.press_inline(person, button.data, "under a message elsewhere")
            count += 2
        await watch.press(UNNAMED[count % len(UNNAMED)], button.data, "unnamed, in a group", GROUP)
        count += 1
    return count


def _others(button: Recorded) -> Iterator[int]:
    """Everybody it was not shown to, but for the one who is an operator still, where it was an operator's."""
    desk = button.chat in (IRIS, OTTO)
    yield from (person for person in (MINA, THEO, BO, ZOE, OTTO) if person != button.chat or desk)
    if not desk:
        yield IRIS


def forged(chance: random.Random, recorded: Sequence[Recorded]) -> str:
    """A payload nobody was shown: noise, a known prefix with noise behind it, or a real one changed."""
    match chance.randrange(4):
        case 0:
            return "".join(chance.choice(_ALPHABET + _STRANGE) for _ in range(chance.randint(1, 64)))
        case 1:
            prefix = chance.choice(kinds()).prefix
            return ":".join([prefix, *(_word(chance) for _ in range(chance.randint(0, 4)))])
        case 2:
            head, *words = chance.choice(recorded).data.split(":")
            return ":".join([head, *(_word(chance) if chance.random() < 0.5 else word for word in words)])
    data = list(chance.choice(recorded).data)
    place = chance.randrange(len(data))
    data[place : place + chance.randint(0, 2)] = [chance.choice(_ALPHABET + _STRANGE)]
    return "".join(data)


def _word(chance: random.Random) -> str:
    match chance.randrange(5):
        case 0:
            return str(chance.randint(-3, 12))
        case 1:
            return str(chance.choice((0, 1, -1)) * chance.getrandbits(63))
        case 2:
            return str(chance.choice((MINA, THEO, IRIS, _LARGE, 2**63 - 1, 2**63)))
        case 3:
            return chance.choice(
                ("service", "category", "panel", "shop", "all", "goodwill", "not-placed", "abc", "link")
            )
    return "".join(chance.choice(_ALPHABET) for _ in range(chance.randint(1, 32)))


def _wrong_token(chance: random.Random, recorded: Sequence[Recorded]) -> str:
    """A token button of Mina's own with one character changed: as good as any other guess."""
    data = chance.choice([b.data for b in recorded if b.data.startswith(_TOKENS) and b.chat == MINA])
    prefix, token, *rest = data.split(":")
    place = chance.randrange(len(token))
    other = chance.choice([sign for sign in _ALPHABET if sign != token[place]])
    return ":".join([prefix, token[:place] + other + token[place + 1 :], *rest])
