"""What people do about money: they pay what an order lacks, and want back what they paid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from prove.kills.flows import FLOWS, Flow, Visit, confirm, has, quote
from prove.people import Seen

_START_UNITS: Final = 100
#: So often a person tries to pay an invoice whose bot does not answer.
_TRIES: Final = 5
_UNITS: Final = 10
_AMOUNT: Final = f"{_UNITS}.00 USD"


async def pay(v: Visit, bill: Seen) -> str:
    """Pay an invoice in Stars, again where nobody answered; the payment's id."""
    for _ in range(_TRIES):
        outcome = await v.phone.pay(bill)
        if outcome["status"] == "paid":
            return str(outcome["charge_id"])
        assert outcome["status"] == "timed-out", f"the invoice was not let through: {outcome}"
    raise AssertionError("the invoice could not be paid")


async def _penniless(v: Visit) -> None:
    """Everything a customer has is taken away by hand, and then they want to order."""
    async with v.town.desk:
        await v.town.iris.say(f"/debit {v.person} {_START_UNITS} nothing is left")
    v.given -= _START_UNITS
    await v.phone.sees("nothing is left")
    await quote(v)


async def _pay_gap(v: Visit) -> None:
    card = await v.phone.press("⭐")
    bill = await v.phone.bill(after=card.id)
    await pay(v, bill)
    paid = await v.phone.sees("came in")  # it becomes the order's card
    await v.phone.until(lambda m: m.from_bot and m.id >= paid.id and has(m, "Confirm"))
    await confirm(v)


async def _to_ways(v: Visit, *labels: str) -> Seen:
    """From the wallet by these buttons; the message they are under."""
    said = await v.phone.say("/wallet")
    page = await v.phone.until(lambda m: m.from_bot and m.id > said and has(m, "Add money"))
    for label in ("Add money", *labels):
        shown = await v.phone.until(lambda m, label=label: m.id == page.id and has(m, label))  # type: ignore[misc]
        await v.phone.press(label, shown)
    return page


async def _manned(v: Visit) -> None:
    """The operator is there: whoever never wrote to a bot hears nothing of it."""
    if not v.town.iris.messages:
        await v.town.iris.say("/start")
        await v.town.iris.until(lambda m: m.from_bot)


async def _paid(v: Visit) -> None:
    await _manned(v)
    page = await _to_ways(v, "Telegram Stars", _AMOUNT)
    await pay(v, await v.phone.bill(after=page.id))
    await v.phone.sees("came in")


async def _refund(v: Visit) -> None:
    said = await v.phone.say("/paysupport")
    page = await v.phone.until(lambda m: m.from_bot and m.id > said and has(m, "↩️"))
    await v.phone.press("↩️", page)
    await v.phone.press("Ask for it back", await v.phone.until(lambda m: m.id == page.id and has(m, "Ask for it")))
    await v.phone.sees("Why do you want")
    said = await v.phone.say("I changed my mind")
    await v.phone.sees("Asked.", after=said)
    async with v.town.desk:
        asked = await v.town.iris.until(lambda m: m.from_bot and str(v.person) in m.text and has(m, "back"))
        await v.town.iris.press("Give", asked)
    await v.news("went back to where it came from")


async def _by_hand(v: Visit) -> None:
    page = await _to_ways(v, "Transfer", _AMOUNT)
    await v.phone.sees("Please pay", after=page.id)
    await v.phone.send_file(b"%PDF a receipt", kind="document")
    await v.phone.sees("is being checked")
    async with v.town.desk:
        card = await v.town.iris.until(lambda m: m.from_bot and str(v.person) in m.text and has(m, "Approve"))
        await v.town.iris.press("Approve", card)
    v.approved += 1
    v.given += _UNITS
    await v.news("came in")


PAYING: Final[Mapping[str, Flow]] = {
    "top-up": Flow(_penniless, _pay_gap),
    "refund": Flow(_paid, _refund),
    "by hand": Flow(_manned, _by_hand),
}
#: Everything people do.
EVERYTHING: Final = {**FLOWS, **PAYING}
