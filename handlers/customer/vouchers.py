"""Vouchers: a code, typed or carried by a link, becomes money. Who guesses is told nothing."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Final

from bot.domain.errors import NotForSale, TurnedAway
from bot.domain.vouchers import LINK_PREFIX, Redeemed
from bot.engine import vouchers
from bot.engine.quoting import for_sale
from bot.engine.vouchers import Outcome
from handlers.context import Draft
from handlers.customer import screens_by_hand as screens
from handlers.customer.admission import turn_away
from handlers.customer.drafts import first_open
from handlers.customer.hand_buttons import AskVoucher, LeaveVoucher
from handlers.customer.order import forget_draft, resume, resume_open
from handlers.customer.screens_account import ways_on
from handlers.steps import END, Next, Step
from handlers.visits import Visit

#: What a deep link may carry (core.telegram.org/bots/features#deep-linking).
_PAYLOAD: Final = re.compile(rf"\A{LINK_PREFIX}[A-Za-z0-9_-]{{1,62}}\Z", re.ASCII)


async def begin(visit: Visit, token: str | None) -> Next:
    """The way of paying in: ask for the code; with the token of the quote that waits for the money, if one does."""
    visit.memory.redeeming, visit.memory.paying_by = token or "", ""
    await visit.reply(screens.code_question(visit.texts))
    return Step.VOUCHER


async def ask_code(visit: Visit, button: AskVoucher) -> Next:
    """The same, from a button."""
    return await begin(visit, None)


async def ask_code_again(visit: Visit) -> Next:
    """The question once more, below, in the language spoken by now."""
    await visit.reply(screens.code_question(visit.texts))
    return None


async def redeem_command(visit: Visit) -> Next:
    """`/redeem`, alone or with the code."""
    words = visit.text.split(None, 1)
    if len(words) < 2:
        return await begin(visit, None)
    outcome = await _redeem(visit, words[1])
    if outcome is None:
        return None
    if outcome.became is Redeemed.ODD:
        await visit.reply(screens.code_question(visit.texts, visit.texts.html("voucher.odd")))
        return Step.VOUCHER
    return await _tell(visit, outcome)


async def take_code(visit: Visit) -> Next:
    """The code was typed; for what looks like none the question stays open."""
    outcome = await _redeem(visit, visit.text)
    if outcome is None:
        return None
    if outcome.became in (Redeemed.ODD, Redeemed.NONE):
        note = visit.texts.html(f"voucher.{outcome.became.value}")
        await visit.reply(screens.code_question(visit.texts, note))
        return None
    return await _tell(visit, outcome)


async def refuse_other(visit: Visit) -> Next:
    """A photo, sticker or the like in place of the code."""
    await visit.reply(screens.code_question(visit.texts, visit.texts.html("voucher.need-text")))
    return None


async def leave(visit: Visit, button: LeaveVoucher) -> Next:
    """`Cancel` under the question: an order that was open goes on."""
    await visit.show(ways_on(visit.texts, "voucher.left"))
    return await resume_open(visit)


async def leave_late(visit: Visit, button: LeaveVoucher) -> Next:
    """The same when no code is waited for any more; what is open stays open."""
    await visit.show(ways_on(visit.texts, "voucher.left"))
    return None


async def cancel(visit: Visit) -> Next:
    """`/cancel` in place of the code; an order that was open ends too."""
    await forget_draft(visit)
    await visit.reply(ways_on(visit.texts, "voucher.left"))
    return END


def code_in_link(payload: str) -> str | None:
    """What a deep link carries where that is to be a code; None for any other, which is ignored."""
    return payload.removeprefix(LINK_PREFIX) if _PAYLOAD.match(payload) else None


async def redeem_linked(visit: Visit, code: str, token: str | None) -> None:
    """A deep link was opened: redeem its code for the quote that waits, if one does, and say what became of it."""
    outcome = await _redeem(visit, code, token)
    if outcome is not None and outcome.became is not Redeemed.DONE:
        await _say(visit, outcome)


async def _redeem(visit: Visit, typed: str, token: str | None = None) -> Outcome | None:
    """What became of a code; None, and said so, where nothing can be paid in now."""
    draft = visit.memory.draft
    waiting = token or visit.memory.redeeming or (draft.token if draft else None)
    try:
        return await vouchers.redeem(visit.shop, visit.update.update_id, visit.person.id, typed, visit.now, waiting)
    except TurnedAway as refused:
        await turn_away(visit, refused)
        return None


async def _tell(visit: Visit, outcome: Outcome) -> Next:
    """Say what became of a code; where money came, a notice does, with the order that waited for it."""
    visit.memory.redeeming, draft = "", visit.memory.draft
    if outcome.became is not Redeemed.DONE:
        await _say(visit, outcome)
    if draft is None:
        return END
    if outcome.became is Redeemed.DONE and _waits(visit, draft):
        return Step.CONFIRMING
    return await resume(visit, draft)


def _waits(visit: Visit, draft: Draft) -> bool:
    """Whether nothing but the confirm is open of an order."""
    with suppress(NotForSale):
        return draft.token is not None and first_open(for_sale(visit.shop, draft.service_number)[1], draft) is None
    return False


async def _say(visit: Visit, outcome: Outcome) -> None:
    await visit.reply(screens.voucher_word(visit.texts, visit.texts.html(f"voucher.{outcome.became.value}")))
