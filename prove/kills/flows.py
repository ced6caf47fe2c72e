"""Nine things people do with the shop, each as somebody does it who does not know that the shop dies meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from handlers.callbacks import BeginOrder
from prove.kills.town import FIRST_CUSTOMER, Town, until
from prove.people import Phone, Seen

QUANTITY: Final = 100
REMAINS: Final = 40
GIFT: Final = 5


@dataclass(slots=True)
class Visit:
    """One customer, and what they have done so far."""

    town: Town
    phone: Phone
    #: Confirms that were pressed.
    confirms: int = 0
    #: The number of the order that came of it.
    order: int = 0
    #: What an operator gave, in whole units of money.
    given: int = 0
    #: Payments by hand that an operator found.
    approved: int = 0
    #: Whether nobody could tell for a while what became of the order.
    checking: bool = False
    #: What the gateway says this customer paid, once everything is over.
    charges: list[dict[str, Any]] = field(default_factory=list)
    #: The words of messages that must come, and come again no more often than the process was killed.
    told: list[tuple[str, ...]] = field(default_factory=list)

    @property
    def person(self) -> int:
        """The customer's number."""
        return self.phone.person

    @property
    def link(self) -> str:
        """What this customer orders for, and nobody else."""
        return f"https://framely.example/p/{self.person}"

    async def card(self, *words: str) -> Seen:
        """The order's card, once it shows all these words."""
        return await self.phone.until(lambda m: self.is_card(m) and all(word in m.text for word in words))

    def is_card(self, message: Seen) -> bool:
        """Whether a message is the order's card."""
        return message.from_bot and message.text.startswith(f"Order #{self.order}\n")

    async def news(self, *words: str) -> Seen:
        """A message of its own with all these words; told once, and once more for a kill at most."""
        self.told.append(words)
        return await self.phone.sees(*words)

    def upstream(self) -> str:
        """The panel's number of the order."""
        return self.town.upstream(self.link)[0]


Step = Callable[[Visit], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Flow:
    """What happens before the process is in danger, and what happens while it is."""

    before: Step
    during: Step


async def visit(town: Town, number: int) -> Visit:
    """The next customer comes in and says hello."""
    phone = await town.phone(FIRST_CUSTOMER + number)
    said = await phone.say("/start")
    await phone.until(lambda m: m.from_bot and m.id > said)
    return Visit(town, phone)


async def _nothing(_: Visit) -> None:
    """Nothing needs to have happened."""


async def _browse(v: Visit) -> None:
    said = await v.phone.say("/order")
    page = await v.phone.until(lambda m: m.from_bot and m.id > said and "category" in m.text.casefold())
    await v.phone.press(next(iter(page.buttons))["text"], page)
    page = await v.phone.until(lambda m: m.id == page.id and has(m, "USD"))
    await v.phone.press("USD", page)
    page = await v.phone.until(lambda m: m.id == page.id and has(m, "Order"))
    said = await v.phone.say("/wallet")
    await v.phone.until(lambda m: m.from_bot and m.id > said and "Balance:" in m.text)


async def quote(v: Visit) -> None:
    """A customer asks what an order costs."""
    await v.phone.press_data(v.phone.last, BeginOrder(v.town.offer.number).pack())
    await v.phone.sees("Send the link")
    said = await v.phone.say(v.link)
    await v.phone.sees("What quantity?", after=said)
    said = await v.phone.say(str(QUANTITY))
    await v.phone.until(lambda m: m.from_bot and m.id > said and has(m, "Confirm"))


async def confirm(v: Visit) -> None:
    """And says yes."""
    card = await v.phone.press("Confirm")
    v.confirms += 1
    placed = await v.phone.until(lambda m: m.from_bot and m.id >= card.id and "Order #" in m.text)
    v.order = int(placed.text.split("#")[1].split()[0])


async def _buy(v: Visit) -> None:
    await quote(v)
    await confirm(v)


async def _submit(v: Visit) -> None:
    await confirm(v)
    await v.phone.until(lambda m: v.is_card(m) and ("Pending" in m.text or "Checking" in m.text))


async def _active(v: Visit) -> None:
    await quote(v)
    await _submit(v)


async def _track(v: Visit) -> None:
    await v.town.panel.set_order(v.upstream(), status="In progress", remains=REMAINS)
    await v.town.asked("status", 2)
    await complete(v)


async def _partial(v: Visit) -> None:
    await v.town.panel.set_order(v.upstream(), status="Partial", remains=REMAINS)
    await v.card("Partial")
    await v.news(f"Order #{v.order} was delivered in part")


async def _cancel(v: Visit) -> None:
    deaths, before = v.town.deaths, v.town.requests("cancel")
    card = await v.phone.until(lambda m: v.is_card(m) and has(m, "Ask to cancel"))
    await v.phone.press("Ask to cancel", card)
    question = await v.phone.sees(f"Ask to cancel order #{v.order}?")
    await v.phone.press("Yes, ask to cancel", question)
    # A request whose reply died with the process is repeated in half a minute; the panel may act on it before.
    asked = await v.phone.until(
        lambda m: v.is_card(m) and ("Cancel requested" in m.text or "being asked for" in m.text)
    )
    if "being asked for" in asked.text:
        await until(lambda: v.town.deaths > deaths or v.town.requests("cancel") > before)
    await v.town.panel.set_order(v.upstream(), status="Canceled")
    await v.card("Canceled")
    await v.news(f"Order #{v.order} was canceled.")


async def _lost(v: Visit) -> None:
    await quote(v)
    await v.town.panel.fault("add", "reset_after")
    await _submit(v)


async def _resolve(v: Visit) -> None:
    await attach(v)


async def _notice(v: Visit) -> None:
    async with v.town.desk:
        await v.town.iris.say(f"/credit {v.person} {GIFT} for waiting so long")
    v.given += GIFT
    await v.news("for waiting so long")
    said = await v.phone.say("/support")
    await v.phone.sees("What would you like to tell us?", after=said)
    question, answer = f"Where is {v.person}?", f"It is {v.person}."
    await v.phone.say(question)
    asked = await v.town.iris.sees(question)
    async with v.town.desk:
        await v.town.iris.say(answer, reply_to=asked.id)
    await v.news("Answer from support", answer)


FLOWS: Final[Mapping[str, Flow]] = {
    "browse": Flow(_nothing, _browse),
    "buy": Flow(_nothing, _buy),
    "submit": Flow(quote, _submit),
    "track": Flow(_active, _track),
    "partial": Flow(_active, _partial),
    "cancel": Flow(_active, _cancel),
    "resolve": Flow(_lost, _resolve),
    "notice": Flow(_nothing, _notice),
}


async def complete(v: Visit) -> None:
    """The panel delivers everything."""
    await v.town.panel.set_order(v.upstream(), status="Completed")
    await v.card("Completed")
    await v.news(f"Order #{v.order} is completed.")


async def attach(v: Visit) -> None:
    """The operator finds an unknown order's number at the panel."""
    iris = v.town.iris
    said = await iris.say("/resolve")
    decision = await iris.until(lambda m: m.from_bot and m.id > said and has(m, "Attach") and f"#{v.order}" in m.text)
    await iris.press("Attach", decision)
    await iris.until(lambda m: m.from_bot and m.id >= decision.id and "Send the id" in m.text)
    said = await iris.say(v.upstream())
    facts = await iris.until(lambda m: m.from_bot and m.id > said and has(m, "Confirm"))
    await iris.press("Confirm", facts)
    await v.card("Pending")  # the operator may only hear that it was decided, where the answer died with the process


async def not_placed(v: Visit) -> None:
    """The operator finds no such order at the panel."""
    iris = v.town.iris
    said = await iris.say("/resolve")
    decision = await iris.until(
        lambda m: m.from_bot and m.id > said and has(m, "Not placed") and f"#{v.order}" in m.text
    )
    await iris.press("Not placed", decision)
    sure = await iris.until(lambda m: m.from_bot and m.id >= decision.id and has(m, "Confirm"))
    await iris.press("Confirm", sure)
    await v.card("Failed")
    await v.news(f"Order #{v.order} failed.")


async def settle(v: Visit) -> None:
    """Bring the order to its end, wherever the flow left it, and ask the gateway what was paid."""
    if v.order:
        await _end(v)
    v.charges = await v.phone.payments()


async def _end(v: Visit) -> None:
    ends = ("Completed", "Partial", "Canceled", "Failed")
    states = (*ends, "Pending", "In progress", "Checking")
    card = await v.phone.until(lambda m: v.is_card(m) and any(state in m.text for state in states))
    v.checking = "Checking" in card.text
    if v.checking:
        async with v.town.desk:
            await (attach(v) if v.town.upstream(v.link) else not_placed(v))
    if v.town.upstream(v.link) and not any(end in card.text for end in ends):
        await complete(v)


def has(message: Seen, label: str) -> bool:
    """Whether a button whose label holds this stands under a message."""
    return any(label.casefold() in button["text"].casefold() for button in message.buttons)
