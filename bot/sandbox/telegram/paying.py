"""What people do with Stars: they pay an invoice, and it goes well or wrong in one of the ways it does in life.

Before any Star moves the bot is asked (`pre_checkout_query`) and has ten seconds to answer.
"""

import asyncio
import secrets
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from bot.sandbox.telegram.entities import Formatted
from bot.sandbox.telegram.faults import How
from bot.sandbox.telegram.happenings import appear, set_stars
from bot.sandbox.telegram.stars import CURRENCY, Charge, Invoice, ReceiptKind
from bot.sandbox.telegram.updates import UpdateKind
from bot.sandbox.telegram.views import message_json, person_json
from bot.sandbox.telegram.visits import BlockedError
from bot.sandbox.telegram.world import Chat, Message, World

_UNANSWERED: Final = "The bot did not answer in time. Nothing was paid."
_DECLINED: Final = "The payment was declined. Nothing was paid."


class Status(StrEnum):
    """How a payment ended for the person; `late` and `lost` are paid too, only the bot was not told."""

    PAID = "paid"
    REFUSED = "refused"
    TIMED_OUT = "timed-out"
    FAILED = "failed"
    LATE = "late"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the person is shown; `charge_ids` are the payments that went through."""

    status: Status
    message: str
    charge_ids: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The answer to a payment."""
        first = self.charge_ids[0] if self.charge_ids else None
        body = {"status": self.status.value, "charge_id": first, "charge_ids": list(self.charge_ids)}
        return {**body, "message": self.message}


async def pay(world: World, payer: Chat, invoice: Invoice, how: How, seconds: float | None = None) -> Outcome:
    """Pays an invoice; `seconds` is how late the bot hears of it when it is late, None until it is released.

    Twice means that the bot has said yes to both before either is paid. Raises BlockedError.
    """
    if payer.blocked:
        raise BlockedError
    if payer.stars < invoice.amount:
        return Outcome(Status.REFUSED, _too_few(payer, invoice))
    times = 2 if how is How.TWICE else 1
    answers = await asyncio.gather(*(_ask(world, payer, invoice) for _ in range(times)))
    outcomes = [_settle(world, payer, invoice, how, seconds, answer) for answer in answers]
    best = next((outcome for outcome in outcomes if outcome.charge_ids), outcomes[0])
    return replace(best, charge_ids=tuple(id_ for outcome in outcomes for id_ in outcome.charge_ids))


async def _ask(world: World, payer: Chat, invoice: Invoice) -> str | None:
    """The bot's answer: empty for yes, words for no, None when there was none in time."""
    query_id = str((payer.person.id << 32) + world.number())
    body = {
        "id": query_id,
        "from": person_json(payer.person),
        "currency": CURRENCY,
        "total_amount": invoice.amount,
        "invoice_payload": invoice.payload,
    }
    waiting: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    world.till.checkouts[query_id] = waiting
    world.emit(UpdateKind.PRE_CHECKOUT_QUERY, body, f"checkout:{payer.person.id}", world.config.callback_life)
    try:
        return await asyncio.wait_for(waiting, world.config.checkout_life)
    except TimeoutError:
        return None
    finally:
        world.till.checkouts.pop(query_id, None)


def _settle(
    world: World, payer: Chat, invoice: Invoice, how: How, seconds: float | None, answer: str | None
) -> Outcome:
    if answer is None:
        return Outcome(Status.TIMED_OUT, _UNANSWERED)
    if answer:
        return Outcome(Status.REFUSED, answer)
    if how is How.DECLINED:
        return Outcome(Status.FAILED, _DECLINED)
    if payer.stars < invoice.amount:
        return Outcome(Status.FAILED, _too_few(payer, invoice))
    charge = _charge(world, payer, invoice)
    message = f"You paid {invoice.amount} ⭐ for {invoice.title}"
    match how:
        case How.LATE:
            _tell_later(world, charge, seconds)
            return Outcome(Status.LATE, message, (charge.charge_id,))
        case How.LOST:
            return Outcome(Status.LOST, message, (charge.charge_id,))
        case _:
            tell(world, charge)
            return Outcome(Status.PAID, message, (charge.charge_id,))


def _too_few(payer: Chat, invoice: Invoice) -> str:
    return f"Not enough Stars: {invoice.amount} are needed, {payer.stars} are there."


def _charge(world: World, payer: Chat, invoice: Invoice) -> Charge:
    charge = Charge(f"stx{secrets.token_urlsafe(64)}", payer.person.id, invoice, world.now(), world.number())
    payer.opened = True
    set_stars(world, payer, payer.stars - invoice.amount)
    world.till.enter(charge)
    appear(world, _service_message(charge))
    return charge


def _service_message(charge: Charge) -> Message:
    return Message(
        message_id=charge.message_id,
        chat_id=charge.payer_id,
        from_bot=False,
        date=charge.date,
        content=Formatted(""),
        receipt=charge.receipt(ReceiptKind.PAID),
    )


def tell(world: World, charge: Charge) -> None:
    """The bot hears of a payment (`successful_payment`); once, whoever asks for it first."""
    if world.till.charges[charge.charge_id].told:
        return
    world.till.change(replace(world.till.charges[charge.charge_id], told=True, due=None))
    body = message_json(world, _service_message(charge))
    world.emit(UpdateKind.MESSAGE, body, f"chat:{charge.payer_id}")


def _tell_later(world: World, charge: Charge, seconds: float | None) -> None:
    if seconds is None:
        return
    world.till.change(replace(charge, due=world.config.clock() + seconds))
    world.till.alarms.append(asyncio.get_running_loop().call_later(seconds, tell, world, charge))


def give_back(world: World, charge: Charge, *, quiet: bool = False) -> None:
    """The Stars of a payment go back to the person; quietly means that only the transactions tell of it.

    Whoever asked for it, Telegram's message about it is the bot's (its `from` is not the person).
    """
    payer = world.chats[charge.payer_id]
    world.till.give_back(world.till.charges[charge.charge_id], world.now())
    set_stars(world, payer, payer.stars + charge.invoice.amount)
    if quiet:
        return
    message = Message(
        message_id=world.number(),
        chat_id=charge.payer_id,
        from_bot=True,
        date=world.now(),
        content=Formatted(""),
        receipt=charge.receipt(ReceiptKind.REFUNDED),
    )
    appear(world, message)
    world.emit(UpdateKind.MESSAGE, message_json(world, message), f"chat:{charge.payer_id}")


def tell_what_is_due(world: World) -> None:
    """After a restart: sees to it that late payments of the run before are told when their time comes."""
    for charge in tuple(world.till.charges.values()):
        if charge.due is not None and not charge.told:
            _tell_later(world, charge, max(charge.due - world.config.clock(), 0))
