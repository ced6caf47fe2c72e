"""What must be so when a customer's business is over, however often the shop died meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from bot.domain.money import ZERO, Money, share_back
from bot.domain.orders import Order, OrderState
from bot.domain.topups import Gateway, PaymentState
from prove.kills.flows import QUANTITY, REMAINS, Visit
from prove.kills.town import START_MONEY, Books

_MICROS: Final = 1_000_000
#: What Telegram pays for a Star, where no operator settled another rate.
_STAR_MICROS: Final = 13_000


def problems(v: Visit, books: Books, kills: int) -> Iterator[str]:
    """Everything that is not as it would be without the kills."""
    mine = books.of(v.person)
    if len(mine) != v.confirms:
        yield f"{v.confirms} confirms became {len(mine)} orders"
    placed = v.town.upstream(v.link)
    if len(placed) > len(mine):
        yield f"the panel took {len(placed)} orders for {len(mine)}"
    kept = ZERO
    for order in mine:
        kept += order.charge - order.returned
        yield from _ended(v, order, placed=bool(placed))
    yield from _apart(v, books)
    paid_in = Money(sum(_worth(charge, v) for charge in v.charges if not charge["refunded"]))
    have, balances = START_MONEY + Money(v.given * _MICROS) + paid_in - kept, books.balances[v.person]
    if (balances.available, balances.held) != (have, ZERO):
        yield f"{balances.available.micros} and {balances.held.micros} held where {have.micros} and nothing must be"
    yield from _told(v, kills)


def _ended(v: Visit, order: Order, *, placed: bool) -> Iterator[str]:
    style = v.town.settings.money_decimals
    due = {
        OrderState.COMPLETED: ZERO,
        OrderState.PARTIAL: share_back(order.charge, REMAINS, QUANTITY, style),
        OrderState.CANCELED: order.charge,
        OrderState.FAILED: order.charge,
    }
    if order.state not in due:
        yield f"order {order.id} is still {order.state}"
    elif order.returned != due[order.state]:
        yield f"order {order.id} is {order.state} and {order.returned.micros} of {order.charge.micros} came back"
    if placed != (order.state is not OrderState.FAILED):
        yield f"order {order.id} is {order.state}, and the panel {'has' if placed else 'never had'} it"


def _apart(v: Visit, books: Books) -> Iterator[str]:
    """The gateway's record and the books are one."""
    mine = [payment for payment in books.payments if payment.payer == str(v.person)]
    if (found := sum(payment.gateway is Gateway.BY_HAND for payment in mine)) != v.approved:
        yield f"{v.approved} payments by hand were found, and {found} are in the books"
    known = {payment.payment_id: payment for payment in mine if payment.gateway is Gateway.STARS}
    if known.keys() != {charge["charge_id"] for charge in v.charges}:
        yield f"{len(v.charges)} payments at the gateway, {len(known)} in the books"
    for charge in v.charges:
        payment = known.get(charge["charge_id"])
        if payment is None:
            continue
        state = PaymentState.REFUNDED if charge["refunded"] else PaymentState.CREDITED
        if (payment.state, payment.amount.micros, payment.customer_id) != (state, _worth(charge, v), v.person):
            yield f"{charge} is {payment} in the books"


def _worth(charge: Mapping[str, Any], v: Visit) -> int:
    """What a payment in Stars brings, in micros, in the digits the shop shows."""
    step: int = 10 ** (6 - v.town.settings.money_decimals)
    stars: int = charge["total_amount"]
    return stars * _STAR_MICROS // step * step


def _told(v: Visit, kills: int) -> Iterator[str]:
    for words in v.told:
        seen = sum(m.from_bot and all(word in m.text for word in words) for m in v.phone.messages.values())
        if not 1 <= seen <= 1 + kills:
            yield f"{words} was told {seen} times after {kills} kills"
