"""Paying by hand: what to pay and how, then a photo or a file that shows it. An operator looks for the money."""

from __future__ import annotations

from markupsafe import Markup

from bot.domain.errors import BadInput, NotFound, NotOffered, TooMany, TurnedAway
from bot.domain.topups import Proof, ProofKind, Topup, TopupState
from bot.engine import by_hand, topups
from handlers.customer import screens_by_hand as screens
from handlers.customer.admission import turn_away
from handlers.customer.hand_buttons import LeaveProof, SendProof, TryAgain
from handlers.customer.order import forget_draft, resume_open
from handlers.customer.reading import open_ways
from handlers.customer.screens_account import ways_on
from handlers.keyboards import lines
from handlers.steps import END, Next, Step
from handlers.visits import Visit
from storage import proofs


async def show_instructions(visit: Visit, topup: Topup) -> Next:
    """What to pay and how; what is sent next is the proof."""
    instructions = (await open_ways(visit)).instructions
    if instructions is None:
        return await _closed(visit)
    visit.memory.proving, visit.memory.paying_by = topup.id, ""
    if topup.message_id is None:
        message_id = await visit.reply(screens.instructions_page(visit.texts, topup, instructions))
        await topups.shown(visit.shop, topup.id, message_id)
    return Step.PROOF


async def ask_proof(visit: Visit, button: SendProof) -> Next:
    """The button under the instructions: the customer is back, with the receipt."""
    try:
        topup = await topups.read(visit.shop, button.topup, visit.person.id)
    except NotFound:
        await visit.answer(visit.texts.plain("chat.old-button-toast"))
        return None
    if topup.proof is not None or not (topup.state.is_open or topup.state is TopupState.EXPIRED):
        await visit.reply(screens.by_hand_word(visit.texts, _said_of(visit, topup)))
        return None
    visit.memory.proving, visit.memory.paying_by = topup.id, ""
    await visit.reply(screens.proof_question(visit.texts, topup))
    return Step.PROOF


async def try_again(visit: Visit, button: TryAgain) -> Next:
    """The same payment once more, where it was not found."""
    try:
        topup = await by_hand.ask_again(
            visit.shop, visit.update.update_id, button.topup, visit.person.id, visit.now
        )  # fmt: skip
    except NotFound:
        await visit.answer(visit.texts.plain("chat.old-button-toast"))
        return None
    except (NotOffered, BadInput):
        return await _closed(visit)
    except TurnedAway as refused:
        return await turn_away(visit, refused)
    return await show_instructions(visit, topup)


async def take_proof(visit: Visit) -> Next:
    """The receipt: a photo or a file; of an album the first one counts."""
    message, proof = visit.update.message, proof_of(visit)
    if message is None or proof is None:
        return await refuse_other(visit)
    visit.memory.album = message.media_group_id or ""
    try:
        topup = await by_hand.prove(visit.shop, visit.memory.proving, visit.person.id, proof, visit.now)
    except (NotFound, NotOffered):
        return await _over(visit, visit.texts.html("by-hand.decided"))
    except TooMany:
        return await _over(visit, visit.texts.html("by-hand.too-many"))
    except TurnedAway as refused:
        return await turn_away(visit, refused)
    taken, draft = visit.texts.html("by-hand.taken", amount=topup.amount), visit.memory.draft
    if draft is None or not draft.token or draft.token != topup.quote_token:
        return await _over(visit, taken)
    # Its card lacks the money until the payment is found: to ask for Confirm now would lead nowhere.
    visit.memory.proving = 0
    await visit.reply(screens.by_hand_word(visit.texts, lines(taken, visit.texts.html("by-hand.order-waits"))))
    return Step.CONFIRMING


async def refuse_other(visit: Visit) -> Next:
    """A text, sticker or the like in place of the receipt: the question stays open."""
    try:
        topup = await topups.read(visit.shop, visit.memory.proving, visit.person.id)
    except NotFound:
        return await _over(visit, visit.texts.html("by-hand.left"))
    await visit.reply(screens.proof_question(visit.texts, topup, visit.texts.html("by-hand.need-file")))
    return None


async def ask_again(visit: Visit) -> Next:
    """The question once more, below, in the language spoken by now."""
    try:
        topup = await topups.read(visit.shop, visit.memory.proving, visit.person.id)
    except NotFound:
        return None
    await visit.reply(screens.proof_question(visit.texts, topup))
    return None


async def leave(visit: Visit, button: LeaveProof) -> Next:
    """`Cancel`: nothing is sent for now, and an order that was open goes on. The instructions stay as they are."""
    return await _over(visit, visit.texts.html("by-hand.left"))


async def leave_late(visit: Visit, button: LeaveProof) -> Next:
    """The same when no receipt is waited for any more; what is open stays open."""
    await visit.reply(ways_on(visit.texts, "by-hand.left"))
    return None


async def cancel(visit: Visit) -> Next:
    """`/cancel` in place of the receipt; an order that was open ends too."""
    visit.memory.proving = 0
    await forget_draft(visit)
    await visit.reply(ways_on(visit.texts, "by-hand.left"))
    return END


async def stray(visit: Visit) -> Next:
    """A photo, sticker or the like out of the blue."""
    if not await took_for_receipt(visit):
        await visit.say("chat.text-only")
    return None


async def took_for_receipt(visit: Visit) -> bool:
    """Answer a photo or a file nobody asked for that may be the receipt of an open payment; False where it is none."""
    if proof_of(visit) is None:
        return False
    topup = await visit.shop.db.read(lambda tx: proofs.newest_of(tx, visit.person.id))
    if topup is None:
        return False
    if topup.proof is None:
        await visit.reply(screens.receipt_hint(visit.texts, topup))
    else:
        await visit.reply(screens.by_hand_word(visit.texts, _said_of(visit, topup)))
    return True


def proof_of(visit: Visit) -> Proof | None:
    """What they sent, where it is a photo or a file; it is not downloaded."""
    message = visit.update.message
    if message is None:
        return None
    if message.photo:
        return Proof(message.photo[-1].file_id, ProofKind.PHOTO)
    if message.document and not message.animation:
        return Proof(message.document.file_id, ProofKind.DOCUMENT)
    return None


def is_rest_of_album(visit: Visit) -> bool:
    """Whether it belongs to an album whose first picture was taken already: nothing more is to be said of it."""
    message = visit.update.message
    return message is not None and bool(message.media_group_id) and message.media_group_id == visit.memory.album


def _said_of(visit: Visit, topup: Topup) -> Markup:
    if topup.proof is not None and topup.state.is_open:
        return visit.texts.html("by-hand.taken-already", amount=topup.amount)
    return visit.texts.html("by-hand.decided")


async def _closed(visit: Visit) -> Next:
    await visit.reply(screens.by_hand_word(visit.texts, visit.texts.html("by-hand.closed")))
    return None


async def _over(visit: Visit, html: Markup) -> Next:
    """No receipt is waited for any more: an order that was open goes on."""
    visit.memory.proving = 0
    await visit.reply(screens.by_hand_word(visit.texts, html))
    return await resume_open(visit)
