"""What the menu, the wallet, the list of orders and the fixed pages look like. Pure: data to Screen."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup
from telegram import InlineKeyboardMarkup

from bot.domain.money import Money
from bot.domain.orders import Order
from bot.domain.reasons import LINE_MOST
from bot.domain.topups import Topup
from bot.domain.wallet import Kind
from bot.engine.funds import Waits
from handlers.callbacks import (
    AddMoney,
    AskSupport,
    ChooseLanguage,
    LeaveMessage,
    ShowCategories,
    ShowHelp,
    ShowLanguages,
    ShowMenu,
    ShowOrder,
    ShowOrders,
    ShowWallet,
)
from handlers.cards import order_label
from handlers.customer.screens_by_hand import waiting_line
from handlers.keyboards import BLANK, Screen, copy_key, cut, key, keyboard, lines, pager
from handlers.operator.buttons import ShowDesk
from handlers.statement_buttons import ShowStatements
from handlers.texts import Fact, Library, Texts
from storage.views import Page, WalletView
from storage.wallet import Entry

_NAME_MAX = 64
_LABEL_MAX = 80
_MOVES = {
    Kind.HOLD: "wallet.hold",
    Kind.RETURN: "wallet.return",
    Kind.VOID: "wallet.void",
    Kind.ADJUST: "wallet.adjust",
    Kind.DEPOSIT: "wallet.paid-in",
    Kind.ASSIGN: "wallet.paid-in",
    Kind.REFUND: "wallet.refund",
    Kind.UNREFUND: "wallet.unrefund",
    Kind.RECOVERY: "wallet.recovery",
}


def menu(texts: Texts, shop_name: str, name: str, balance: Money, *, first: bool) -> Screen:
    """The main menu."""
    html = lines(
        texts.html("menu.welcome" if first else "menu.welcome-back", shop=shop_name, name=cut(name, _NAME_MAX)),
        BLANK,
        texts.html("menu.balance", available=balance),
    )
    return Screen(
        html,
        keyboard(
            key(texts.plain("menu.order"), ShowCategories(1), "primary"),
            [key(texts.plain("menu.orders"), ShowOrders(1, 0)), key(texts.plain("menu.wallet"), ShowWallet(1))],
            [key(texts.plain("menu.help"), ShowHelp()), key(texts.plain("menu.support"), AskSupport())],
            key(texts.plain("menu.language"), ShowLanguages()),
        ),
    )


def with_desk(texts: Texts, menu: Screen) -> Screen:
    """The main menu of an operator: the way to the desk comes first."""
    desk = keyboard(key(texts.plain("menu.desk"), ShowDesk(), "primary"))
    rows = menu.keyboard.inline_keyboard if menu.keyboard else ()
    return Screen(lines(menu.html, texts.html("menu.desk-hint")), InlineKeyboardMarkup([*desk.inline_keyboard, *rows]))


def help_page(texts: Texts) -> Screen:
    """How the shop works."""
    return Screen(
        texts.html("help.text"),
        keyboard(
            key(texts.plain("menu.order"), ShowCategories(1), "primary"),
            [key(texts.plain("menu.support"), AskSupport()), key(texts.plain("menu.home"), ShowMenu())],
        ),
    )


def languages_page(texts: Texts, library: Library) -> Screen:
    """Every language under its own name, the one that is spoken marked."""
    names = {code: other.plain("language.name") for code, other in library.languages.items()}
    marked = texts.plain("language.spoken", name=names[texts.language])
    return Screen(
        texts.html("language.title"),
        keyboard(
            *(key(marked if code == texts.language else name, ChooseLanguage(code)) for code, name in names.items()),
            key(texts.plain("menu.home"), ShowMenu()),
        ),
    )


def ways_on(texts: Texts, text: str, **facts: Fact) -> Screen:
    """One of the plain texts, with the ways to go on."""
    return with_ways_on(texts, texts.html(text, **facts))


def with_ways_on(texts: Texts, html: Markup) -> Screen:
    """A word, and the ways to go on."""
    return Screen(
        html,
        keyboard(
            [key(texts.plain("menu.order"), ShowCategories(1)), key(texts.plain("menu.orders"), ShowOrders(1, 0))],
            [key(texts.plain("menu.help"), ShowHelp()), key(texts.plain("menu.support"), AskSupport())],
        ),
    )


def message_question(texts: Texts, text: str, **facts: Fact) -> Screen:
    """A question for a message to the operator, and the way out of it."""
    return Screen(texts.html(text, **facts), keyboard(key(texts.plain("menu.cancel"), LeaveMessage())))


def orders_list(texts: Texts, page: Page[Order]) -> Screen:
    """A page of orders, newest first."""
    home = key(texts.plain("menu.home"), ShowMenu())
    if not page.items:
        return Screen(texts.html("orders.none"), keyboard(key(texts.plain("menu.order"), ShowCategories(1)), home))
    rows = [key(order_label(texts, order), ShowOrder(order.id, page.number), limit=_LABEL_MAX) for order in page.items]
    html = lines(
        texts.html("orders.title"),
        texts.html("browse.page", page=page.number, pages=page.pages) if page.pages > 1 else None,
    )
    return Screen(html, keyboard(*rows, pager(texts, page, lambda number: ShowOrders(number, 0)), home))


def wallet_page(
    texts: Texts, view: WalletView, customer_id: int, currency: str, checked: Sequence[Topup] = (),
    waits: Waits | None = None,
) -> Screen:  # fmt: skip
    """Balance, what of it has to wait, what is held, payments by hand that are being checked, a page of history."""
    history = view.history
    html = lines(
        texts.html("wallet.title"),
        BLANK,
        texts.html("wallet.balance", available=view.balances.available),
        texts.html("wallet.waits", waits=waits.amount, until=waits.until) if waits else None,
        texts.html("wallet.held", held=view.balances.held),
        texts.html("wallet.owed", owed=view.owed) if view.owed else None,
        *(waiting_line(texts, topup) for topup in checked),
        texts.html("wallet.currency", currency=currency),
        texts.html("wallet.customer", customer=str(customer_id)),
        BLANK,
        texts.html("wallet.history" if history.items else "wallet.history-empty"),
        *(_entry(texts, entry) for entry in history.items),
    )
    return Screen(
        html,
        keyboard(
            pager(texts, history, ShowWallet),
            [
                key(texts.plain("wallet.add-money"), AddMoney()),
                copy_key(texts.plain("wallet.copy-id"), str(customer_id)),
            ],
            key(texts.plain("statement.key"), ShowStatements()),
            key(texts.plain("menu.home"), ShowMenu()),
        ),
    )


def _entry(texts: Texts, entry: Entry) -> Markup:
    sign = "+" if entry.amount.micros > 0 else "−"
    amount = f"{sign}{texts.money(abs_money(entry.amount))}"
    return texts.html("wallet.entry", at=entry.at, amount=amount, what=_what(texts, entry))


def _what(texts: Texts, entry: Entry) -> Markup:
    if entry.kind in _MOVES:
        return texts.html(_MOVES[entry.kind], order=str(entry.order_id))
    by_hand = "wallet.credit" if entry.amount.micros > 0 else "wallet.debit"
    return texts.html(by_hand, reason=cut(entry.reason or "", LINE_MOST))


def abs_money(amount: Money) -> Money:
    """The amount without its sign."""
    return Money(abs(amount.micros))
