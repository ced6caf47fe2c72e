"""The map of the bot: every command, button and conversation, in the order in which they are asked."""

from __future__ import annotations

import warnings
from collections.abc import Awaitable, Callable

from telegram import Update
from telegram.ext import (
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    ConversationHandler,
    MessageHandler,
    TypeHandler,
    filters,
)
from telegram.warnings import PTBUserWarning

from bot.domain.inputs import Field
from handlers import callbacks, statement_buttons
from handlers.context import Context, ShopApplication
from handlers.customer import (
    aftersale,
    browse,
    by_hand,
    confirm,
    files,
    history,
    language,
    order,
    pages,
    payment_buttons,
    payments,
    start,
    statements,
    support,
    topup,
    vouchers,
    wallet,
)
from handlers.customer import hand_buttons as hand
from handlers.errors import on_error
from handlers.guards import Handler, Press, gate, visiting
from handlers.operator.routes import operator_handlers
from handlers.payments import payment_handlers
from handlers.publishing import publish
from handlers.steps import Next, Step
from handlers.visits import Visit

__all__ = ["add_handlers", "publish"]

_NEW = filters.UpdateType.MESSAGE
_TEXT = _NEW & filters.TEXT & ~filters.COMMAND
_EDITED = filters.UpdateType.EDITED_MESSAGE & filters.TEXT
_COMMAND = _NEW & filters.COMMAND
_FILE = _NEW & filters.Document.ALL
_PHOTO = _NEW & filters.PHOTO
#: Photos, stickers, voices …; pins and other notes of Telegram's own are nobody's words.
_OTHER = _NEW & ~filters.TEXT & ~filters.StatusUpdate.ALL


def add_handlers(application: ShopApplication) -> None:
    """Register everything. The first handler that fits an update is the only one that gets it."""
    application.add_handler(TypeHandler(Update, gate), group=-1)
    operators = operator_handlers(application.bot_data)
    application.add_handlers([*payment_handlers(), *operators, customer_conversation(), *anywhere()])
    application.add_error_handler(on_error)


def customer_conversation() -> ConversationHandler[Context]:
    """The customer's one conversation: whatever button is pressed, at most one question is open after it."""
    with warnings.catch_warnings():
        # Typed answers and buttons are mixed on purpose; each customer's updates come in order.
        warnings.simplefilter("ignore", PTBUserWarning)
        return ConversationHandler(
            entry_points=_entries(),
            states={
                Step.CHOOSING: [_said(_TEXT | _OTHER, _choose)],
                **{field: _asked() for field in Field},
                Step.CONFIRMING: [
                    _said(_TEXT | _OTHER, confirm.remind),
                    Press(callbacks.ChooseLanguage, language.choose_while_confirming),
                ],
                Step.WRITING: [
                    _said(_TEXT, support.take_message),
                    _said(_OTHER, support.refuse_other),
                    Press(callbacks.LeaveMessage, support.leave_message),
                    Press(callbacks.ChooseLanguage, language.choose_while_writing),
                    _command("cancel", support.cancel),
                ],
                Step.AMOUNT: [
                    _said(_TEXT, topup.take_amount),
                    _said(_OTHER, topup.refuse_other),
                    Press(callbacks.LeaveAmount, topup.leave_amount),
                    Press(callbacks.ChooseLanguage, language.choose_while_paying),
                    _command("cancel", topup.cancel),
                ],
                **paying_steps(),
            },
            fallbacks=[_command("cancel", order.cancel)],
            allow_reentry=True,
            persistent=True,
            name="order",
        )


def paying_steps() -> dict[object, list[Handler]]:
    """What answers the questions for a receipt, for a voucher's code, and why a payment shall go back."""
    return {
        Step.REASON: [
            _said(_TEXT, payments.take_reason),
            _said(_OTHER, payments.refuse_other),
            Press(payment_buttons.GiveNoReason, payments.no_reason),
            Press(payment_buttons.OpenPayment, payments.leave_reason),
            Press(callbacks.ChooseLanguage, language.choose_while_explaining),
            _command("cancel", payments.cancel),
        ],
        Step.PROOF: [
            _said(_FILE | _PHOTO, by_hand.take_proof),
            _said(_TEXT | _OTHER, by_hand.refuse_other),
            Press(hand.LeaveProof, by_hand.leave),
            Press(callbacks.ChooseLanguage, language.choose_while_proving),
            _command("cancel", by_hand.cancel),
        ],
        Step.VOUCHER: [
            _said(_TEXT, vouchers.take_code),
            _said(_OTHER, vouchers.refuse_other),
            Press(hand.LeaveVoucher, vouchers.leave),
            Press(callbacks.ChooseLanguage, language.choose_while_redeeming),
            _command("cancel", vouchers.cancel),
        ],
    }


def _entries() -> list[Handler]:
    """What begins or moves the conversation; buttons do so from any message, however old."""
    return [
        _command("start", start.start),
        _command("order", browse.start_ordering),
        _command("support", support.support_command),
        Press(callbacks.ShowMenu, start.show_menu),
        Press(callbacks.ShowCategories, browse.show_categories),
        Press(callbacks.ShowServices, browse.show_services),
        Press(callbacks.ShowService, browse.show_service),
        Press(callbacks.BeginOrder, order.begin_order),
        Press(callbacks.PickQuantity, order.pick_quantity),
        Press(callbacks.LeaveOrder, order.leave_order),
        Press(callbacks.StepBack, order.step_back),
        Press(callbacks.KeepAnswer, order.keep_answer),
        Press(callbacks.ChangeAnswer, order.change_answer),
        Press(callbacks.RenewQuote, order.renew_quote),
        Press(callbacks.OrderAgain, order.order_again),
        Press(callbacks.ConfirmQuote, confirm.confirm_quote),
        Press(callbacks.DropQuote, confirm.turn_down),
        Press(callbacks.AskGap, confirm.ask_gap),
        Press(callbacks.AskSupport, support.ask_support),
        Press(callbacks.AskCredit, support.ask_credit),
        Press(callbacks.AddMoney, topup.add_money),
        Press(callbacks.ChooseWay, topup.choose_way),
        Press(callbacks.PickAmount, topup.pick_amount),
        Press(callbacks.TypeAmount, topup.type_amount),
        Press(callbacks.PayGap, topup.pay_gap),
        Press(hand.SendProof, by_hand.ask_proof),
        Press(hand.TryAgain, by_hand.try_again),
        Press(hand.AskVoucher, vouchers.ask_code),
        _command("redeem", vouchers.redeem_command),
        Press(payment_buttons.AskRefund, payments.ask_refund),
    ]


def _asked() -> list[Handler]:
    """What answers one of an order's questions, or asks it again."""
    return [
        _said(_TEXT, order.take_text),
        _said(_FILE, files.take_file),
        _said(_OTHER, order.refuse_other),
        Press(callbacks.ChooseLanguage, language.choose_while_asked),
    ]


def anywhere() -> list[Handler]:
    """What answers at any time and leaves an open question open; the last of them catch all the rest."""
    return [
        _command("orders", history.orders_command),
        _command("wallet", wallet.wallet_command),
        _command("language", language.language_command),
        _command("help", start.help_command),
        _command("terms", pages.terms),
        _command("privacy", pages.privacy),
        _command("paysupport", payments.paysupport),
        _command("cancel", start.nothing_to_cancel),
        Press(callbacks.ShowLanguages, language.show_languages),
        Press(callbacks.ChooseLanguage, language.choose_language),
        Press(callbacks.ShowHelp, start.show_help),
        Press(callbacks.ShowWallet, wallet.show_wallet),
        Press(statement_buttons.ShowStatements, statements.show_statements),
        Press(statement_buttons.GetStatement, statements.get_statement),
        Press(callbacks.ShowOrders, history.show_orders),
        Press(callbacks.ShowOrder, history.show_order),
        Press(callbacks.RefreshOrder, history.refresh_order),
        Press(callbacks.LeaveMessage, support.leave_late),
        Press(callbacks.LeaveAmount, topup.leave_late),
        Press(hand.LeaveProof, by_hand.leave_late),
        Press(hand.LeaveVoucher, vouchers.leave_late),
        Press(payment_buttons.ShowPayments, payments.show_payments),
        Press(payment_buttons.OpenPayment, payments.open_payment),
        Press(payment_buttons.GiveNoReason, payments.no_reason_late),
        Press(callbacks.WithdrawOrder, history.withdraw_order),
        Press(callbacks.AskRefill, aftersale.press_refill),
        Press(callbacks.AskCancel, aftersale.press_cancel),
        Press(callbacks.RequestCancel, aftersale.request_cancel),
        Press(callbacks.KeepOrder, aftersale.keep_order),
        ChatMemberHandler(visiting(start.membership), ChatMemberHandler.MY_CHAT_MEMBER),
        CallbackQueryHandler(visiting(start.old_button)),
        _said(_COMMAND, start.unknown_command),
        _said(_TEXT, start.not_understood),
        _said(_OTHER, by_hand.stray),
        _said(_EDITED, start.not_followed),
    ]


def _command(name: str, act: Callable[[Visit], Awaitable[Next]]) -> Handler:
    return CommandHandler(name, visiting(act), _NEW)


def _said(what: filters.BaseFilter, act: Callable[[Visit], Awaitable[Next]]) -> Handler:
    async def once(visit: Visit) -> Next:
        # Of an album the first picture was the answer; the others are no answers to what is asked next.
        return None if by_hand.is_rest_of_album(visit) else await act(visit)

    return MessageHandler(what, visiting(once))


async def _choose(visit: Visit) -> Next:
    if not await by_hand.took_for_receipt(visit):
        await visit.say("chat.choose")
    return None
