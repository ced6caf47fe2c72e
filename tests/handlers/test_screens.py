"""Every screen is Telegram HTML of legal length under a legal keyboard, whatever the panels call things."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import InlineKeyboardButton

from bot.domain.catalog import Offer
from bot.domain.errors import BadInput, Problem
from bot.domain.inputs import RULES as TYPE_RULES
from bot.domain.inputs import Field
from bot.domain.money import ZERO, Money
from bot.domain.wallet import Kind
from bot.engine.shelf import Catalogue
from bot.engine.ways import Ways
from handlers.callbacks import AskGap, ConfirmQuote, DropQuote, PickQuantity, ShowServices, parse
from handlers.context import Draft
from handlers.customer import screens_account, screens_browse, screens_order
from handlers.customer.screens_order import Checkout, Question
from handlers.customer.screens_topup import Gap, gap_of
from handlers.keyboards import Screen, cut
from storage.views import Page, WalletView
from storage.wallet import Balances, Entry
from tests.handlers.samples import HOSTILE, LINK, NOW, RULES, category, offer, order, quote, texts
from tests.handlers.telegram_html import TEXT_MAX, visible

NO_WAYS = Ways()


def buttons(screen: Screen) -> Iterator[InlineKeyboardButton]:
    assert screen.keyboard is not None
    for row in screen.keyboard.inline_keyboard:
        yield from row


def labels(screen: Screen) -> list[str]:
    return [button.text for button in buttons(screen)]


def legal(screen: Screen) -> str:
    """The visible text of a screen that Telegram takes."""
    text = visible(screen.html)
    assert 0 < len(text.encode("utf-16-le")) // 2 <= TEXT_MAX
    found = list(buttons(screen)) if screen.keyboard else []
    assert len(found) <= 100
    assert all(button.text.strip() for button in found)
    assert all(parse(button.callback_data) for button in found if button.copy_text is None)
    return text


def checkout(of: Offer | None = None, available: Money = ZERO, ways: Ways = NO_WAYS, **changes: object) -> Checkout:
    found, wanted = of or offer(), replace(quote(), **changes)
    gap = Gap(wanted.token, gap_of(wanted.charge, available, 4), ways, asked=False)
    return Checkout(wanted, found, TYPE_RULES[found.service.type], available, NOW, gap)


def asking(of: Offer, asked: Field = Field.QUANTITY, available: Money = ZERO, **answers: str) -> Screen:
    draft = Draft(of.number, {"link": LINK, **answers}, id=9)
    return screens_order.question(texts(), Question(draft, of, asked, RULES, available))


def shelves(count: int) -> Catalogue:
    found = tuple(
        replace(category(offer(number)), number=number, name=f"Category {number}") for number in range(1, count + 1)
    )
    return Catalogue(found, {c.number: c for c in found}, {})


def test_categories_come_in_pages_with_the_ways_between_them() -> None:
    first = screens_browse.categories(texts(), shelves(20), 1)
    assert labels(first)[:8] == [f"Category {number}" for number in range(1, 9)]
    assert "Next »" in labels(first)
    assert "« Back" not in labels(first)
    last = screens_browse.categories(texts(), shelves(20), 99)
    assert "Category 20" in labels(last)
    assert "« Back" in labels(last)
    assert "Next »" not in labels(last)
    assert "Page 3 of 3" in legal(last)


def test_an_empty_shop_says_so() -> None:
    assert "empty" in legal(screens_browse.categories(texts(), Catalogue(), 1))


def test_a_service_button_holds_name_and_price() -> None:
    package = offer(8, type="package", name="Framely Starter")
    screen = screens_browse.services(texts(), category(offer(), package), 1, RULES)
    assert labels(screen)[0] == "1.50 USD · Framely Followers"
    assert labels(screen)[1] == "1.50 USD per package · Framely Starter"
    assert "« Back" in labels(screen)


def test_a_long_name_leaves_room_for_the_price() -> None:
    screen = screens_browse.services(texts(), category(offer(name="N" * 300)), 1, RULES)
    assert labels(screen)[0].startswith("1.50 USD · NNN")
    assert labels(screen)[0].endswith("…")


def test_a_service_card_holds_all_there_is_to_know() -> None:
    found = offer(description="Start: 0-1 h\nSpeed: up to 500 a day", cancel=False)
    screen = screens_browse.service_card(texts(), found, category(found), RULES, cancel=False)
    text = legal(screen)
    for words in (
        "Framely Followers",
        "1.50 USD per 1000",
        "Minimum: 100",
        "Maximum: 10,000",
        "Refill: can be asked for once the order is completed",
        "Start: 0-1 h",
    ):
        assert words in text
    assert "Cancel while running: not possible" in text
    assert labels(screen) == ["Order", "« Back", "Menu"]


def test_what_the_panel_does_not_say_is_not_stated() -> None:
    text = legal(screens_browse.service_card(texts(), offer(refill=None), category(offer()), RULES))
    assert "Refill: not stated" in text
    assert "Cancel while running: not stated" in text


def test_back_leads_to_the_page_that_shows_the_service() -> None:
    found = category(*(offer(number) for number in range(1, 21)))
    screen = screens_browse.service_card(texts(), found.offers[17], found, RULES)
    assert [parse(button.callback_data) for button in buttons(screen)][1] == ShowServices(1, 3)


def test_the_quantity_question_names_the_limits_and_prices_its_buttons() -> None:
    screen = asking(offer(), available=Money(15_000_000))
    text = legal(screen)
    assert "Minimum 100, maximum 10,000" in text
    assert f"Link: {LINK}" in text
    assert labels(screen)[0] == "min 100 · 0.15 USD"
    assert "1,000 · 1.50 USD" in labels(screen)
    assert "max 10,000 · 15.00 USD" in labels(screen)
    assert labels(screen)[-2:] == ["« Back", "Cancel"]


@given(st.integers(1, 10**9), st.integers(0, 10**9))
def test_quick_amounts_lie_within_the_limits(minimum: int, more: int) -> None:
    found = screens_order.quick_amounts(minimum, minimum + more)
    assert found[0] == minimum
    assert found[-1] == minimum + more
    assert found == sorted(set(found))
    assert len(found) <= 6
    assert not minimum < 1000 < minimum + more or 1000 in found


def test_the_maximum_has_a_button_only_for_who_can_pay_it() -> None:
    assert not any("max" in label for label in labels(asking(offer(), available=Money(14_999_999))))
    assert any("max" in label for label in labels(asking(offer(), available=Money(15_000_000))))


def test_a_list_says_what_its_prices_are_for() -> None:
    package = offer(8, type="package")
    for offers, words in (
        ((offer(),), "Prices are per 1000."),
        ((package,), "Prices are for the whole package."),
        ((offer(), package), "Prices are per 1000, or for the whole package where it says so."),
    ):
        assert words in legal(screens_browse.services(texts(), category(*offers), 1, RULES))


def test_quantities_beyond_the_ledger_have_no_button() -> None:
    dear = offer(maximum=10**18)
    screen = asking(dear, available=Money(10**18))
    assert all(
        button.quantity < 10**18 for b in buttons(screen) if isinstance(button := parse(b.callback_data), PickQuantity)
    )


def test_the_confirm_card_holds_everything_that_will_be_charged() -> None:
    screen = screens_order.confirm_card(texts(), checkout(available=Money(2_000_000)))
    text = legal(screen)
    money = ("Price: 1.50 USD", "Balance: 2.00 USD", "Balance after: 0.50 USD")
    for words in ("Framely Followers", LINK, "Quantity: 1,000", *money, "This price holds for 10 minutes."):
        assert words in text
    assert labels(screen) == ["Confirm", "Cancel", "Change link", "Change quantity"]
    pressed = [parse(button.callback_data) for button in buttons(screen)]
    assert pressed[:2] == [ConfirmQuote(quote().token), DropQuote(quote().token)]


def test_too_little_money_names_the_exact_gap_and_offers_to_ask_for_it() -> None:
    screen = screens_order.confirm_card(texts(), checkout(available=Money(1_499_900)))
    assert "0.0001 USD" in legal(screen)
    assert "Confirm" in labels(screen)
    assert any(isinstance(parse(button.callback_data), AskGap) for button in buttons(screen))


def test_once_the_operator_was_asked_the_card_says_so_instead_of_offering_it_again() -> None:
    open_card = checkout()
    asked = replace(open_card, gap=replace(open_card.gap, asked=True))
    screen = screens_order.confirm_card(texts(), asked)
    assert "has been asked" in legal(screen)
    assert not any(isinstance(parse(button.callback_data), AskGap) for button in buttons(screen))


@pytest.mark.parametrize(("count", "shown", "more"), [(7, 7, None), (11, 11, None), (12, 10, "… and 2 more")])
def test_comments_are_counted_and_the_first_are_shown(count: int, shown: int, more: str | None) -> None:
    comments = "\n".join(f"comment {number} <3" for number in range(1, count + 1))
    found = offer(type="custom comments", minimum=1)
    screen = screens_order.confirm_card(
        texts(), checkout(found, answers={"link": LINK, "comments": comments}, quantity=count)
    )
    text = legal(screen)
    assert f"Quantity: {count}\nComments: {count}\n• comment 1 <3" in text
    assert text.count("• comment") == shown
    assert ("more" in text) == (more is not None)
    assert (more or "") in text


@pytest.mark.parametrize(
    ("field", "typed", "answer", "words"),
    [
        (Field.QUANTITY, "1.5k", "1500", "I read 1.5k as 1,500."),
        (Field.QUANTITY, " 1500", "1500", None),
        (Field.LINK, "framely.example/p", "https://framely.example/p", "I added https:// in front of the link."),
        (Field.QUANTITY, "1,500", "1500", None),
        (Field.LINK, LINK, LINK, None),
        (Field.LINK, "HTTPS://Framely.example/p", "https://framely.example/p", None),
        (
            Field.LINK,
            "https://bücher.example/p",
            "https://xn--bcher-kva.example/p",
            "The link is written the way browsers send it; it leads to the same place.",
        ),
        (Field.COMMENTS, " a\n\nb", "a\nb", None),
    ],
)
def test_what_was_understood_is_said_where_it_differs(field: Field, typed: str, answer: str, words: str | None) -> None:
    note = screens_order.understood(texts(), field, typed, answer)
    assert (note and visible(note)) == words


@pytest.mark.parametrize("problem", Problem)
def test_every_problem_can_be_told(problem: Problem) -> None:
    facts = {
        "quantity": 5,
        "minimum": 10,
        "maximum": 20,
        "count": 1,
        "limit": 512,
        "line": 2,
        "decimals": 4,
        "name": "<mina>",
        "text": "<b>" * 100,
    }
    assert visible(screens_order.problem(texts(), BadInput(problem, **facts)))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_break_no_screen(name: str) -> None:
    found = offer(name=name, description=name * 10, minimum=1, maximum=10**9)
    shelf = category(*[found] * 8, name=name)
    link = "https://framely.example/" + "ü" * 480
    comments = "\n".join([(name or "-") * 2] * 40)
    for screen in (
        screens_browse.categories(texts(), Catalogue((category(found, name=name or "-"),)), 1),
        screens_browse.services(texts(), shelf, 1, RULES),
        screens_browse.service_card(texts(), found, shelf, RULES),
        asking(found, link=link, comments=comments),
        screens_order.confirm_card(texts(), checkout(found, answers={"link": link, "comments": comments})),
        screens_account.menu(texts(), name or "Shop", name, Money(5), first=True),
        screens_account.orders_list(texts(), Page([order(service_name=name)] * 8, 1, 9)),
        screens_account.wallet_page(texts(), wallet(name), 1001, "USD"),
    ):
        legal(screen)


def test_the_wallet_shows_signed_history_and_the_customers_id() -> None:
    screen = screens_account.wallet_page(texts(), wallet("thank you"), 1001, "USD")
    text = legal(screen)
    assert "Balance: 8.50 USD" in text
    assert "Held for running orders: 1.50 USD" in text
    assert "Your customer id: 1001" in text
    assert "+10.00 USD  added: thank you" in text
    assert "−1.50 USD  order #12" in text
    assert [button.copy_text.text for button in buttons(screen) if button.copy_text] == ["1001"]


def test_a_wallet_nobody_used_says_so() -> None:
    view = WalletView(Balances(ZERO, ZERO), Page([], 1, 1))
    assert "Nothing yet." in legal(screens_account.wallet_page(texts(), view, 1001, "USD"))


def test_no_orders_lead_to_ordering() -> None:
    assert "no orders yet" in legal(screens_account.orders_list(texts(), Page([], 1, 1)))


def test_a_message_full_of_emoji_may_go_on_in_the_next_one() -> None:
    assert screens_order.perhaps_cut(texts(), Field.COMMENTS, "🔥" * 1800)
    assert screens_order.perhaps_cut(texts(), Field.COMMENTS, "a" * 1800) is None


def test_cutting_keeps_short_texts_whole() -> None:
    assert cut("abc", 3) == "abc"
    assert cut("abcd", 3) == "ab…"
    assert cut("🔥🔥", 4) == "🔥🔥"  # Telegram counts four
    assert cut("🔥🔥🔥", 4) == "🔥…"


@pytest.mark.parametrize("kind", TYPE_RULES)
def test_fancy_letters_in_every_answer_leave_the_confirm_card_short_enough(kind: str) -> None:
    long, link = "𝗙" * 80, "https://framely.example/" + "a" * 480
    answers = dict.fromkeys(Field, "\n".join([long] * 21))
    answers |= {Field.LINK: link, Field.MEDIA: link, Field.QUANTITY: "1000", Field.USERNAME: "𝗙" * 200}
    given = {field.value: answers[field] for field in TYPE_RULES[kind].asks}
    legal(screens_order.confirm_card(texts(), checkout(offer(type=kind, name="𝗙" * 200), answers=given)))


def wallet(reason: str) -> WalletView:
    moves = [
        Entry(Kind.MANUAL, Money(10_000_000), None, reason, NOW),
        Entry(Kind.HOLD, Money(-1_500_000), 12, None, NOW),
        Entry(Kind.RETURN, Money(100), 12, None, NOW),
        Entry(Kind.VOID, Money(100), 12, None, NOW),
        Entry(Kind.ADJUST, Money(100), 12, None, NOW),
        Entry(Kind.MANUAL, Money(-100), None, reason * 5, NOW),
    ]
    return WalletView(Balances(Money(8_500_000), Money(1_500_000)), Page(moves, 1, 3))
