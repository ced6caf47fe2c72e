"""What must be so when a customer's business is over, however often the shop died meanwhile."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.money import ZERO, Money, share_back
from bot.domain.orders import Order, OrderState
from prove.kills.flows import QUANTITY, REMAINS, Visit
from prove.kills.town import START_MONEY, Books

_MICROS = 1_000_000


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
    have, balances = START_MONEY + Money(v.given * _MICROS) - kept, books.balances[v.person]
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


def _told(v: Visit, kills: int) -> Iterator[str]:
    for words in v.told:
        seen = sum(m.from_bot and all(word in m.text for word in words) for m in v.phone.messages.values())
        if not 1 <= seen <= 1 + kills:
            yield f"{words} was told {seen} times after {kills} kills"
