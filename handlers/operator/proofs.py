"""Payments by hand: looked at, approved, approved with another amount, turned down with a reason. One decision each."""

from __future__ import annotations

from markupsafe import Markup

from bot.domain.errors import AlreadyDecided, BadInput, Braked, NeedsSecond, NotFound
from bot.domain.money import Money
from bot.domain.reasons import LINE_MOST
from bot.domain.topups import Topup
from bot.engine import by_hand
from handlers import proof_cards
from handlers.context import ProofAsked
from handlers.operator import screens_proofs as screens
from handlers.operator import words
from handlers.operator.answers import deny, problem_of, show
from handlers.operator.approvals import ask_another
from handlers.operator.arguments import Unreadable, read_amount
from handlers.operator.proof_buttons import ApproveProof, AskReceived, AskTurnDown, LeaveProof, ShowProof, ShowProofs
from handlers.operator.screens_asking import with_desk
from handlers.operator.screens_brake import braked_screen
from handlers.operator.screens_proofs import ProofView
from handlers.operator.steps import Asked
from handlers.steps import END
from handlers.visits import Visit
from storage import proofs
from storage.approvals import Wish, WishKind
from storage.database import Tx


async def show_proofs(visit: Visit, button: ShowProofs) -> int:
    """Those that wait."""
    visit.memory.proof = None

    async def work(tx: Tx) -> tuple[list[Topup], int]:
        return await proofs.waiting(tx, screens.LIST_MOST), await proofs.count_waiting(tx)

    waiting, count = await visit.shop.db.read(work)
    await show(visit, screens.proofs_screen(visit.texts, waiting, count, visit.now))
    return END


async def show_proof(visit: Visit, button: ShowProof) -> int:
    """One of them: what the customer sent, with the choices, in a new message that is its card from now on."""
    visit.memory.proof = None
    view = await _view(visit, button.topup)
    if view is None:
        await visit.answer(visit.texts.plain("operator.not-found"))
        return END
    screen = screens.proof_screen(visit.texts, view)
    message_id = await proof_cards.send(visit.context.bot, visit.person.id, screen, view.topup.proof)
    await proof_cards.remember(visit.shop, button.topup, visit.person.id, message_id)
    return END


async def approve(visit: Visit, button: ApproveProof) -> int:
    """It was found: credit it."""
    visit.memory.proof = None
    received = Money(button.micros)
    try:
        await by_hand.approve(
            visit.shop, button.topup, button.version, received, visit.person.id, visit.now
        )  # fmt: skip
    except NotFound:
        await visit.answer(visit.texts.plain("operator.not-found"))
    except AlreadyDecided:
        await _late(visit, button.topup)
    except NeedsSecond:
        await _ask_another(visit, Wish(WishKind.TOPUP, button.topup, button.version, received, ""))
    except Braked:
        await visit.reply(braked_screen(visit.texts))
    except BadInput:
        await visit.answer(visit.texts.plain("operator.not-found"))  # nobody was given a button for nothing
    else:
        await _show_decided(visit, button.topup)
    return END


async def ask_received(visit: Visit, button: AskReceived) -> Asked | int:
    """Another amount came: ask which."""
    return await _ask(visit, button, Asked.RECEIVED)


async def ask_turn_down(visit: Visit, button: AskTurnDown) -> Asked | int:
    """It was not found: ask why."""
    return await _ask(visit, button, Asked.TURN_DOWN)


async def take_received(visit: Visit) -> int | None:
    """The amount was typed: show what crediting it means."""
    view = await _asked_about(visit)
    if view is None:
        return END
    try:
        received = read_amount(visit.text.strip(), visit.shop.terms.decimals)
    except Unreadable as refused:
        await visit.reply(screens.ask_received(visit.texts, view.topup, problem_of(visit.texts, refused)))
        return None
    visit.memory.proof = None
    await visit.reply(screens.confirm_received(visit.texts, view, received))
    return END


async def take_reason(visit: Visit) -> int | None:
    """The reason was typed: it is turned down, and the customer reads it."""
    asked, view = visit.memory.proof, await _asked_about(visit)
    if asked is None or view is None:
        return END
    reason = words.short(visit.text, LINE_MOST)
    try:
        await by_hand.turn_down(visit.shop, asked.topup_id, asked.version, reason, visit.person.id, visit.now)
    except AlreadyDecided:
        await _late(visit, asked.topup_id)
    except BadInput:
        await visit.reply(screens.ask_reason(visit.texts, view.topup))
        return None
    else:
        await visit.reply(with_desk(visit.texts, visit.texts.html("operator.proofs.told", reason=reason)))
    visit.memory.proof = None
    return END


async def take_no_text(visit: Visit) -> int | None:
    """Neither text nor a command: the question stays open."""
    if await _asked_about(visit) is None:
        return END
    await visit.reply(with_desk(visit.texts, visit.texts.html("operator.ask.text-only")))
    return None


async def leave(visit: Visit) -> int:
    """`/cancel`: the question is closed, and the payment still waits."""
    visit.memory.proof = None
    await visit.reply(with_desk(visit.texts, visit.texts.html("operator.proofs.left")))
    return END


async def press_leave(visit: Visit, button: LeaveProof) -> int:
    """The same, by the button under the question."""
    visit.memory.proof = None
    await visit.show(with_desk(visit.texts, visit.texts.html("operator.proofs.left")))
    return END


async def _ask(visit: Visit, button: AskReceived | AskTurnDown, asked: Asked) -> Asked | int:
    view = await _undecided(visit, button.topup, button.version)
    if view is None:
        return END
    visit.memory.proof = ProofAsked(button.topup, button.version)
    ask = screens.ask_received if asked is Asked.RECEIVED else screens.ask_reason
    await show(visit, ask(visit.texts, view.topup))
    return asked


async def _asked_about(visit: Visit) -> ProofView | None:
    """The payment the open question is about; None, and said so, where it was decided meanwhile."""
    asked = visit.memory.proof
    if asked is None:
        await deny(visit, "operator.not-found")
        return None
    return await _undecided(visit, asked.topup_id, asked.version)


async def _undecided(visit: Visit, topup_id: int, version: int) -> ProofView | None:
    async def work(tx: Tx) -> ProofView | None:
        await by_hand.undecided(tx, topup_id, version)
        return await screens.load(tx, topup_id)

    try:
        return await visit.shop.db.read(work)
    except NotFound:
        await visit.answer(visit.texts.plain("operator.not-found"))
    except AlreadyDecided:
        await _late(visit, topup_id)
    visit.memory.proof = None
    return None


async def _late(visit: Visit, topup_id: int) -> None:
    """Somebody else was faster: say who decided what, and bring the card up to date."""
    view = await _view(visit, topup_id)
    if view is None:
        return
    await visit.answer(visit.texts.plain("operator.proofs.late-toast"), alert=True)
    note = visit.texts.html("operator.proofs.late", number=str(topup_id))
    await visit.reply(with_desk(visit.texts, Markup("\n").join([note, screens.decision(visit.texts, view)])))
    await _refresh(visit, view)


async def _show_decided(visit: Visit, topup_id: int) -> None:
    """The card says what was decided; a question that was answered with a tap says it too."""
    view = await _view(visit, topup_id)
    if view is None:
        return
    pressed, screen = visit.pressed_message, screens.proof_screen(visit.texts, view)
    if pressed is not None and not (pressed.photo or pressed.document):
        await visit.show(with_desk(visit.texts, screens.decision(visit.texts, view)))
    elif pressed is not None:
        await proof_cards.edit(visit.context.bot, visit.person.id, pressed.message_id, screen)
        return
    await _refresh(visit, view)


async def _refresh(visit: Visit, view: ProofView) -> None:
    """Bring the card in this chat up to date, where there is one."""

    async def work(tx: Tx) -> int | None:
        return await proofs.card_of(tx, view.topup.id, visit.person.id)

    if (card := await visit.shop.db.read(work)) is not None:
        await proof_cards.edit(visit.context.bot, visit.person.id, card, screens.proof_screen(visit.texts, view))


async def _ask_another(visit: Visit, wish: Wish) -> None:
    try:
        await ask_another(visit, visit.update.update_id, wish)
    except AlreadyDecided:
        await _late(visit, wish.subject)


async def _view(visit: Visit, topup_id: int) -> ProofView | None:
    async def work(tx: Tx) -> ProofView | None:
        return await screens.load(tx, topup_id)

    return await visit.shop.db.read(work)
