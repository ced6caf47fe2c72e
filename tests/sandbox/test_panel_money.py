from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.panel.account import Account
from bot.sandbox.panel.amounts import UNIT, amount_text, parse_amount, price_of, share
from bot.sandbox.panel.catalogue import Catalogue
from bot.sandbox.panel.config import Dialect, PanelConfig
from bot.sandbox.panel.errors import RefusedError
from bot.sandbox.panel.generation import generate
from bot.sandbox.panel.steps import Steps

START = 3 * UNIT
CONFIG = PanelConfig("p", Dialect.FIXEDMEMBER, "k", 3)
SERVICES = generate(CONFIG, 10)

ORDER = st.integers(1, 6)
ACTS = st.one_of(
    st.tuples(st.just("add"), st.integers(1, 10), st.integers(5, 3000)),
    st.tuples(st.just("cancel"), ORDER, st.none()),
    st.tuples(st.just("advance"), st.none(), st.none()),
    st.tuples(
        st.just("status"),
        ORDER,
        st.sampled_from(["Partial", "Canceled", "Completed", "In progress", "Refunded", "Fail", "Nonsense"]),
    ),
    st.tuples(st.just("remains"), ORDER, st.integers(-50, 4000)),
    st.tuples(st.just("percent"), ORDER, st.integers(0, 150)),
)


def act(account: Account, name: str, which: int, value: object) -> None:
    if name == "add":
        comments = "\n".join("abcdef")
        account.place({"service": str(which), "link": "x", "quantity": str(value), "comments": comments}, moment=0.0)
    elif name == "cancel":
        account.cancel(str(which))
    elif name == "advance":
        account.advance()
    else:
        order = account.order(str(which))
        wishes = {"status": None, "remains": None, "percent": None} | {name: value}
        account.set_order(order, **wishes)


@given(st.lists(ACTS, max_size=30))
def test_balance_and_charges_always_add_up_to_what_was_paid_in(acts):
    account = Account(Catalogue(SERVICES), Steps(lambda: 0.0, None), START, 1, 3)
    for name, which, value in acts:
        try:
            act(account, name, which, value)
        except RefusedError:
            continue
        finally:
            assert account.balance + sum(order.charge for order in account.orders.values()) == START
    for order in account.orders.values():
        assert 0 <= order.charge <= order.price


@given(st.integers(-(10**12), 10**12))
def test_an_amount_survives_being_written_and_read(units):
    assert parse_amount(amount_text(units)) == units


@given(st.integers(0, 200_000), st.integers(0, 10**7))
def test_a_price_is_rate_times_quantity_over_a_thousand(ten_thousandths, quantity):
    rate = Decimal(ten_thousandths).scaleb(-4)
    exact = rate * quantity / 1000
    rounded = exact.quantize(Decimal("0.00001"), ROUND_HALF_UP)
    assert price_of(str(rate), quantity) == int(rounded.scaleb(5))


@given(st.integers(0, 10**12), st.integers(1, 10**6), st.data())
def test_two_shares_of_an_amount_leave_at_most_one_unit_over(units, whole, data):
    part = data.draw(st.integers(0, whole))
    assert 0 <= share(units, part, whole) + share(units, whole - part, whole) - units <= 1


@pytest.mark.parametrize(
    ("units", "text"), [(10_000_000, "100.00"), (27_819, "0.27819"), (90_000, "0.90"), (-150, "-0.0015")]
)
def test_amounts_are_written_as_panels_write_them(units, text):
    assert amount_text(units) == text


@pytest.mark.parametrize("text", ["", "a", "NaN", "Infinity", "1e30"])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ValueError, match="not a"):
        parse_amount(text)
