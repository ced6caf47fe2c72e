"""Screens of the desk: complete texts, hostile data, Telegram's limits."""

from __future__ import annotations

from dataclasses import fields, replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from bot.domain import marks
from bot.domain.money import ZERO, Money
from bot.domain.notices import Alert, AlertKind
from bot.domain.orders import AttemptOutcome, Attention, OrderState, Reading, Reason, Status, StatusReport
from bot.domain.wallet import Kind
from bot.engine.audit import AuditReport, Violation
from bot.wire.reasons import LostReason, UnsentReason
from handlers.callbacks import DATA_MAX_BYTES, Button, kinds, parse
from handlers.context import BanAsked, Transaction
from handlers.keyboards import Screen, page_of
from handlers.operator import buttons, catalogue_buttons, decision_buttons, words
from handlers.operator.screens_admission import confirm_ban, maintenance_screen
from handlers.operator.screens_alerts import AlertView, alert_screen, alerts_screen
from handlers.operator.screens_audit import audit_screen
from handlers.operator.screens_charges import charges_screen
from handlers.operator.screens_decisions import (
    Place,
    attached_note,
    confirm_end,
    confirm_release,
    decision_screen,
    done_screen,
    ended_note,
    inspected_screen,
    nothing_waits,
    percent_off,
    question,
    released_note,
)
from handlers.operator.screens_desk import PanelView, desk_screen, panels_screen
from handlers.operator.screens_orders import OrderView, order_screen
from handlers.operator.screens_people import (
    confirm_money,
    customer_screen,
    moved_screen,
    ticket_screen,
    topup_screen,
)
from handlers.operator.screens_prices import confirm_all, jumps_screen
from handlers.texts import MoneyStyle, load
from storage.acts import Act, Chain
from storage.customers import Ticket
from storage.ledger_checks import CHECKS, Check
from storage.outbox import OpenAlert
from storage.views import Attempt, CustomerView, Dashboard, Turnover
from storage.wallet import Balances, Entry
from tests.handlers.operator_kit import (
    HOSTILE,
    NOW,
    assert_sendable,
    english,
    sample_customer,
    sample_jump,
    sample_order,
    sample_panel,
    troubled_order,
    visible,
)

TEXTS = english()
PLACE = Place(2, 3, 16, 18)


def view_of(order=None, customer=None, attempts=1, excerpt="<html>", detail="no-answer") -> OrderView:
    made = [Attempt(n, AttemptOutcome.UNKNOWN, NOW, detail, 502, excerpt) for n in range(1, attempts + 1)]
    return OrderView(order or sample_order(), customer, made, [Entry(Kind.HOLD, sample_order().charge, 1, None, NOW)])


def hostile_view(order) -> OrderView:
    answers = {"link": "https://x.example/" + "a&" * 247, "comments": HOSTILE, "usernames": HOSTILE, HOSTILE: HOSTILE}
    nasty = replace(
        order, service_name=HOSTILE, panel=HOSTILE, service_id=HOSTILE, type=HOSTILE, answers=answers,
        status_word=HOSTILE, upstream_id=HOSTILE, start_count=10**18, remains=10**18, reading=HELD_READING,
        reading_since=NOW, finished_at=NOW, reason=Reason.REFUSED_DUPLICATE, attention=Attention.NONSENSE_REMAINS,
        charge=Money(2**61), cost=Money(2**61), returned=Money(2**60), quantity=10**9, id=10**15,
    )  # fmt: skip
    customer = sample_customer(name=HOSTILE, username=HOSTILE, id=10**15)
    return view_of(nasty, customer, attempts=50, excerpt=HOSTILE, detail=HOSTILE)


NAMED = ("panel", "detail", "word", "why", "currency", "shop_currency", "name", "poller", "gateway")
HELD_READING = Reading(Status.PARTIAL, 10**18)


def hostile_admission(customer) -> list[Screen]:
    asked = BanAsked(2**60, 10**17, HOSTILE)
    return [confirm_ban(TEXTS, customer, asked), *(maintenance_screen(TEXTS, since) for since in (None, NOW))]


def odd_charges() -> list[Screen]:
    """The services that cost something else than computed."""
    jump = sample_jump(10**15, HOSTILE, "9" * 60, panel=HOSTILE, id=HOSTILE)
    odd = [replace(jump, charged_rate=Decimal("9" * 60))] * 20
    pages = [charges_screen(TEXTS, odd, {10**15}, page, Markup("x")) for page in (1, 99)]
    return [*pages, charges_screen(TEXTS, [], (), 1)]


def every_hostile_screen() -> list[Screen]:
    unknown, troubled = hostile_view(sample_order()), hostile_view(troubled_order())
    report = StatusReport(HOSTILE, None, Decimal(10) ** 30, 10**18, 10**18, currency=HOSTILE)
    customer, money = unknown.customer, Balances(Money(2**61), Money(2**61))
    asked = Transaction(2**60, 10**17, 2**61, credit=True, reason=HOSTILE[:200])
    facts = dict.fromkeys(NAMED, HOSTILE)
    alerts = [
        OpenAlert(n, Alert(HOSTILE, kind, n, {**facts, "order": n, "count": 10**9}), NOW, None, None)
        for n, kind in enumerate(AlertKind, 10**15)
    ]
    jumps = [sample_jump(n, HOSTILE, "9" * 60, panel=HOSTILE, id=HOSTILE) for n in range(10**15, 10**15 + 300)]
    panel = sample_panel(
        name=HOSTILE,
        currency=HOSTILE,
        balance=Decimal(10) ** 40,
        failing_since=NOW,
        failure=HOSTILE,
        services=10**9,
        agreed_currency=HOSTILE[::-1],
    )
    panels = [PanelView(panel, 10**9, 10**9, None) for _ in range(40)]
    turnover = Turnover(Money(2**61), Money(2**61), 10**9)
    desk = Dashboard(
        dict.fromkeys(OrderState, 10**9), 10**9, 10**9, 10**9, Money(2**61), Money(2**61), turnover,
        [panel for _ in range(40)], NOW,
    )  # fmt: skip
    checked = tuple(check.name for check in CHECKS)
    broken = AuditReport(checked, tuple(Violation(c.name, c.promise, (HOSTILE,) * 20) for c in CHECKS))
    return [
        order_screen(TEXTS, unknown, attached_note(TEXTS, unknown.order)),
        decision_screen(TEXTS, unknown, PLACE, released_note(TEXTS, unknown)),
        decision_screen(TEXTS, troubled, PLACE, ended_note(TEXTS, troubled, Money(5))),
        question(TEXTS, unknown.order, amount=False),
        question(TEXTS, troubled.order, amount=True),
        inspected_screen(TEXTS, unknown.order, HOSTILE, marks.of(HOSTILE), report, Decimal("32.5"), HOSTILE),
        inspected_screen(TEXTS, unknown.order, HOSTILE, marks.of(HOSTILE), report, None, HOSTILE),
        *(confirm_release(TEXTS, unknown, why) for why in (Reason.NOT_PLACED, Reason.GOODWILL)),
        *(confirm_end(TEXTS, troubled, back) for back in (ZERO, Money(5), troubled.order.charge)),
        done_screen(TEXTS, unknown.order, released_note(TEXTS, unknown), 3),
        nothing_waits(TEXTS, released_note(TEXTS, unknown)),
        desk_screen(TEXTS, HOSTILE, desk, 10**9, 10**9, NOW),
        panels_screen(TEXTS, panels, HOSTILE[:12]),
        panels_screen(TEXTS, [], "USD"),
        customer_screen(TEXTS, CustomerView(customer, money, 10**9, Money(2**61), [unknown.order] * 5)),
        ticket_screen(TEXTS, Ticket(10**15, 10**15, HOSTILE, NOW, 5), customer, words.person(TEXTS, 5, customer)),
        ticket_screen(TEXTS, None, None, None),
        topup_screen(TEXTS, 10**15, customer, Money(2**61), Money(2**61), 4),
        moved_screen(TEXTS, asked, customer, money),
        *hostile_admission(customer),
        confirm_money(TEXTS, replace(asked, credit=False), customer),
        *(alert_screen(TEXTS, AlertView(entry, None)) for entry in alerts),
        *(alert_screen(TEXTS, AlertView(replace(e, closed_at=NOW, closed_by="9001"), customer)) for e in alerts[:2]),
        *(alerts_screen(TEXTS, page_of(alerts, page, 5), len(alerts)) for page in (1, 2, 99)),
        alerts_screen(TEXTS, page_of([], 1, 5), 0),
        *(jumps_screen(TEXTS, jumps, page, attached_note(TEXTS, unknown.order)) for page in (1, 20, 999)),
        jumps_screen(TEXTS, [], 1),
        confirm_all(TEXTS, jumps),
        audit_screen(TEXTS, broken, [Act(HOSTILE, HOSTILE, HOSTILE, HOSTILE, NOW)] * 50),
        audit_screen(TEXTS, AuditReport(checked, ()), [], Chain(7, "ab" * 32)),
    ]  # fmt: skip


def test_hostile_data_leaves_every_screen_valid_and_short_enough() -> None:
    for screen in (*every_hostile_screen(), *odd_charges()):
        assert_sendable(screen)


def test_letters_that_telegram_counts_twice_leave_every_screen_short_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    # Panels love such names, and customers such comments.
    monkeypatch.setitem(globals(), "HOSTILE", "𝗙" * 2000)
    for screen in (*every_hostile_screen(), *odd_charges()):
        assert_sendable(screen)


@pytest.mark.parametrize("state", OrderState)
@pytest.mark.parametrize("reason", [None, *Reason])
def test_every_state_and_reason_has_words(state: OrderState, reason: Reason | None) -> None:
    assert_sendable(order_screen(TEXTS, view_of(sample_order(state=state, reason=reason))))


@pytest.mark.parametrize("attention", Attention)
def test_every_attention_has_words_and_three_choices(attention: Attention) -> None:
    screen = decision_screen(TEXTS, view_of(troubled_order(attention=attention)), PLACE)
    assert_sendable(screen)
    assert {"Delivered", "An amount back", "All back"} <= labels(screen)


@pytest.mark.parametrize("outcome", AttemptOutcome)
def test_every_attempt_outcome_has_words(outcome: AttemptOutcome) -> None:
    view = OrderView(sample_order(), None, [Attempt(1, outcome, NOW, None, None, None)], [])
    assert_sendable(order_screen(TEXTS, view))


@pytest.mark.parametrize("reason", [*LostReason, *UnsentReason, "interrupted", "id-taken"])
def test_every_reason_of_a_lost_order_has_words(reason: str) -> None:
    assert words.why(TEXTS, reason) != reason


@pytest.mark.parametrize("kind", AlertKind)
def test_every_alert_has_a_text_even_with_no_facts_at_all(kind: AlertKind) -> None:
    screen = alert_screen(TEXTS, AlertView(OpenAlert(1, Alert("k", kind), NOW, None, None), None))
    assert_sendable(screen)
    assert "OK, seen" in labels(screen)


def test_an_alert_about_an_order_leads_to_its_decision() -> None:
    alert = Alert("order-unknown:17", AlertKind.ORDER_UNKNOWN, 17, {"order": 17, "panel": "a", "detail": "timeout"})
    screen = alert_screen(TEXTS, AlertView(OpenAlert(4, alert, NOW, None, None), None))
    assert pressed(screen, "Resolve") == decision_buttons.ShowDecision(17)
    assert pressed(screen, "OK") == buttons.Acknowledge(4)
    assert "no answer came in time" in visible(screen)


def test_a_closed_alert_says_who_saw_to_it_and_cannot_be_closed_again() -> None:
    entry = OpenAlert(4, Alert("k", AlertKind.PANEL_FAILING), NOW, NOW, "9001")
    screen = alert_screen(TEXTS, AlertView(entry, sample_customer(id=9001, name="Iris", username="iris")))
    assert "Seen by Iris (@iris) · 9001" in visible(screen)
    assert "OK, seen" not in labels(screen)


DECIDING = (
    "#17", "Mina (@mina)", "1001", "Framely followers", "https://framely.example/p/abc", "1,000", "1.25 USD",
    "1.00 USD", "alpha", "3 May 2026", "the connection broke", "HTTP 502", "Decision 2 of 3",
)  # fmt: skip


def test_an_unknown_order_shows_the_facts_that_a_decision_needs() -> None:
    text = visible(decision_screen(TEXTS, view_of(customer=sample_customer()), PLACE))
    for fact in DECIDING:
        assert fact in text


def test_decisions_are_walked_through_in_both_directions() -> None:
    screen = decision_screen(TEXTS, view_of(), PLACE)
    assert pressed(screen, "Back") == decision_buttons.ShowDecision(16)
    assert pressed(screen, "Later") == decision_buttons.Snooze(17, 3)
    troubled = replace(view_of(), order=troubled_order())
    assert pressed(decision_screen(TEXTS, troubled, PLACE), "Later") == decision_buttons.ShowDecision(18)
    assert pressed(decision_screen(TEXTS, troubled, Place(1, 1, None, None)), "Later") == buttons.ShowDesk()


@pytest.mark.parametrize(("charge", "warned"), [("0.96", False), ("1.05", False), ("1.0501", True), ("0.9", True)])
def test_a_charge_more_than_five_percent_off_is_warned_about(charge: str, warned: bool) -> None:
    report = StatusReport("In progress", None, Decimal(charge), currency="USD")
    screen = inspected_screen(TEXTS, sample_order(), "23501", "abc", report, Decimal(1), "USD")
    assert ("This may be another order" in visible(screen)) == warned


def test_a_charge_in_another_currency_is_compared_in_the_shops() -> None:
    report = StatusReport("Pending", None, Decimal(40), currency="TRY")
    text = visible(inspected_screen(TEXTS, sample_order(), "23501", "abc", report, Decimal("0.025"), "TRY"))
    assert "40 TRY = 1.00 USD, expected 1.00 USD" in text
    assert "another order" not in text


def test_everything_is_far_from_an_expected_nothing() -> None:
    assert percent_off(Decimal(1), ZERO) > 5
    assert percent_off(Decimal(0), ZERO) == 0


def test_a_topup_request_carries_the_command_ready_to_copy() -> None:
    screen = topup_screen(TEXTS, 1001, sample_customer(), Money(12_345_678), Money(20_000_000), 4)
    copied = [b.copy_text.text for row in screen.keyboard.inline_keyboard for b in row if b.copy_text]
    assert copied == ["/credit 1001 12.3457 "]
    assert visible(screen).endswith("/credit 1001 12.3457")


def test_agreeing_to_all_names_how_many_and_covers_exactly_these() -> None:
    jumps = [sample_jump(n) for n in range(1, 13)]
    screen = jumps_screen(TEXTS, jumps, 1)
    assert "Agree to all 12 new prices" in labels(screen)
    assert pressed(screen, "Agree to all") != pressed(jumps_screen(TEXTS, jumps[:-1], 1), "Agree to all")
    assert "0.9 → 1.75 (+94%)" in visible(screen)


def desk_kinds() -> list[type[Button]]:
    rooms = (buttons, catalogue_buttons, decision_buttons)
    return [kind for kind in kinds() if kind.__module__ in {room.__name__ for room in rooms}]


def test_every_button_of_the_desk_has_a_prefix_of_its_own_that_starts_with_o() -> None:
    prefixes = [kind.prefix for kind in desk_kinds()]
    assert all(prefix.startswith("o") and len(prefix) > 1 for prefix in prefixes)
    assert len(set(prefixes)) == len(prefixes) > 20


@given(st.data())
def test_every_button_of_the_desk_comes_back_from_telegrams_64_bytes(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(desk_kinds()))
    ids = st.integers(min_value=-(10**12), max_value=10**13)
    words = st.sampled_from([marks.of("23501"), Reason.NOT_PLACED.value, Reason.GOODWILL.value])
    button = kind(**{f.name: data.draw(words if f.type == "str" else ids) for f in fields(kind)})
    packed = button.pack()
    assert len(packed.encode()) <= DATA_MAX_BYTES
    assert parse(packed) == button


def test_the_largest_numbers_there_are_fit_into_the_money_button() -> None:
    button = buttons.MoveMoney(2**63 - 1, 2**52, 10**6 * 10**6, 1)
    assert parse(button.pack()) == button


def labels(screen: Screen) -> set[str]:
    rows = screen.keyboard.inline_keyboard if screen.keyboard else ()
    return {button.text for row in rows for button in row}


def pressed(screen: Screen, label: str) -> Button | None:
    rows = screen.keyboard.inline_keyboard if screen.keyboard else ()
    return next(parse(b.callback_data) for row in rows for b in row if label in b.text)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_a_promise_is_said_in_english_as_the_command_line_says_it(check: Check) -> None:
    assert TEXTS.plain(f"operator.promise.{check.name}") == check.promise


@pytest.mark.parametrize(
    ("language", "stored", "shown"),
    [
        ("en", ("credit", "customer 1001"), "9001 credit customer 1001: 5 USD: a gift"),
        ("tr", ("credit", "customer 1001"), "9001 müşteri 1001 · para eklendi: 5 USD: a gift"),
        ("th", ("credit", "customer 1001"), "9001 เพิ่มเงินให้ ลูกค้า 1001: 5 USD: a gift"),
        ("tr", ("attach", "refill of order 7"), "9001 sipariş 7 telafisi · numara bağlandı: 5 USD: a gift"),
        ("en", ("juggle", "apples 3"), "9001 juggle apples 3: 5 USD: a gift"),
    ],
)
def test_acts_are_told_in_the_readers_words(language: str, stored: tuple[str, str], shown: str) -> None:
    act, what = stored
    texts = load(MoneyStyle("USD", 4)).speak(language)
    screen = audit_screen(texts, AuditReport(("L1",), ()), [Act("9001", act, what, "5 USD: a gift", NOW)])
    assert shown in visible(screen)
    assert texts.plain("operator.promise.L1") in visible(screen)


@pytest.mark.parametrize(
    ("stored", "english", "turkish"),
    [
        (("move", "category 2", "from place 3 to 1"), "move category 2: from place 3 to 1", "3. sıradan 1. sıraya"),
        (("accept", "charge of 7", "0.150 computed, 0.3 taken"), "0.150 computed, 0.3 taken", "hesaplanan 0.150,"),
        (("release", "order 7", "not-placed"), "release order 7: found never placed", "verilmemiş olduğu anlaşıldı"),
        (("attach", "order 7", "upstream id 99"), "upstream id 99", "panel numarası 99"),
        (("decide", "order 7", "1.5 USD back"), "1.5 USD back", "iade 1.5 USD"),
        (("markup", "shop", "25% to 30%, 174 prices"), "25% to 30%, 174 prices", "25% → 30%, 174 fiyat"),
        (("rename", "category 2", "to <b>New</b>"), "to <b>New</b>", "yeni adı <b>New</b>"),
        (("maintenance", "shop", "on"), "maintenance shop: on", "bakım: açıldı"),
        (("ban", "customer 7", "from place 3 to 1"), "ban customer 7: from place 3 to 1", "from place 3 to 1"),
    ],
)
def test_what_an_act_was_about_is_told_in_the_readers_words(
    stored: tuple[str, str, str], english: str, turkish: str
) -> None:
    for language, shown in (("en", english), ("tr", turkish)):
        texts = load(MoneyStyle("USD", 4)).speak(language)
        assert shown in visible(audit_screen(texts, AuditReport((), ()), [Act("9001", *stored, NOW)]))


def test_an_act_without_more_to_say_ends_in_no_colon() -> None:
    screen = audit_screen(TEXTS, AuditReport((), ()), [Act("9001", "unban", "customer 7", "", NOW)])
    assert visible(screen).endswith("9001 unban customer 7")
