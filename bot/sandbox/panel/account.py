"""The key's account at the panel: its balance, orders and refills, and the verbs that change them."""

from collections.abc import Iterable
from random import Random

from bot.sandbox.panel.catalogue import Catalogue
from bot.sandbox.panel.errors import ErrorText, RefusedError
from bot.sandbox.panel.inputs import Form, read_add
from bot.sandbox.panel.orders import (
    CANCEL_TAKES_STEPS,
    Order,
    OrderStatus,
    Reading,
    advanced,
    next_part,
    with_status,
)
from bot.sandbox.panel.refills import Refill
from bot.sandbox.panel.steps import Steps

_LARGEST_START_COUNT = 20_000


class Account:
    """Balance plus the charges of all orders is what was ever paid in, after every verb."""

    def __init__(self, catalogue: Catalogue, steps: Steps, balance: int, first_order: int, seed: int) -> None:
        self.catalogue = catalogue
        self.steps = steps
        #: units of 10^-5
        self.balance = balance
        self.orders: dict[int, Order] = {}
        self.refills: dict[int, Refill] = {}
        self._last_refill_of: dict[int, Refill] = {}
        self._cancelling: list[Order] = []
        self.next_order = first_order
        self.next_refill = 1
        self._seed = seed

    def take_over(self, orders: Iterable[Order], refills: Iterable[Refill]) -> None:
        """Goes on with orders and refills of an earlier run, oldest first; ids and balance are not touched."""
        self.orders = {order.id: order for order in orders}
        self.refills = {task.id: task for task in refills}
        self._last_refill_of = {task.order: task for task in self.refills.values()}
        self._cancelling = [order for order in self.orders.values() if order.cancel_step is not None]

    @property
    def adds(self) -> int:
        """How many orders were really created."""
        return len(self.orders)

    def place(self, form: Form, moment: float) -> Order:
        """Creates an order and debits its price; RefusedError when the panel does not take it."""
        service = self.catalogue.on_sale.get(_id(form.get("service", "")))
        if service is None:
            raise RefusedError(ErrorText.SERVICE)
        asked = read_add(service, form)
        if asked.price > self.balance:
            raise RefusedError(ErrorText.FUNDS)
        order = Order(
            self.next_order, service, asked.link, asked.quantity, asked.price, asked.price,
            moment, self.steps.at(moment), self._start_count(self.next_order),
        )  # fmt: skip
        self.next_order += 1
        self.orders[order.id] = order
        self.balance -= asked.price
        return order

    def overcharge(self, order_id: str) -> None:
        """Takes the price of an order a second time, as a panel does whose rate is not what it looks like."""
        order = self.order(order_id)
        self.balance -= order.charge
        order.price, order.charge = 2 * order.price, 2 * order.charge

    def _start_count(self, order_id: int) -> int:
        return Random(f"{self._seed}:start:{order_id}").randint(0, _LARGEST_START_COUNT)

    def order(self, order_id: str) -> Order:
        """The order of an id as the wire writes it; RefusedError when there is none."""
        order = self.orders.get(_id(order_id))
        if order is None:
            raise RefusedError(ErrorText.ORDER)
        return order

    def reading(self, order: Order) -> Reading:
        """How an order stands now."""
        return order.reading(self.steps.now())

    def cancel(self, order_id: str) -> None:
        """Accepts a cancel request: the order stops moving and is Canceled two steps later."""
        order = self.order(order_id)
        if not order.service.cancel:
            raise RefusedError(ErrorText.CANCEL_DISABLED)
        reading = self.reading(order)
        if not reading.open or order.cancel_step is not None:
            raise RefusedError(ErrorText.CANCEL_LATE)
        order.held = reading
        order.cancel_step = self.steps.now() + CANCEL_TAKES_STEPS
        self._cancelling.append(order)

    def settle(self) -> None:
        """Carries out the cancel requests whose time has come."""
        step = self.steps.now()
        waiting, self._cancelling = self._cancelling, []
        for order in waiting:
            if order.cancel_step is not None and order.cancel_step > step:
                self._cancelling.append(order)
            elif order.cancel_step is not None:
                self._hold(order, with_status(order, self.reading(order), OrderStatus.CANCELED))

    def set_order(self, order: Order, status: str | None, remains: int | None, percent: int | None) -> None:
        """Puts an order by hand where it is wanted; from then on it moves by hand only."""
        reading = self.reading(order)
        if percent is not None:
            reading = advanced(order, reading, percent)
        if status is not None:
            reading = with_status(order, reading, status)
        if remains is not None:
            reading = Reading(reading.status, remains, reading.started)
        self._hold(order, reading)

    def _hold(self, order: Order, reading: Reading) -> None:
        """Fixes a reading and moves the difference in charge between order and balance."""
        order.held, order.cancel_step = reading, None
        charge = order.charge_at(reading)
        self.balance += order.charge - charge
        order.charge = charge

    def advance(self) -> None:
        """One step by hand for everything that is open, held orders included."""
        self.steps.make()
        for order in self.orders.values():
            if order.held is not None and order.held.open and order.cancel_step is None:
                self._hold(order, next_part(order, order.held))
        self.settle()

    def refill(self, order_id: str) -> Refill:
        """Creates a refill task for a completed order of a service that has refills."""
        order, step = self.order(order_id), self.steps.now()
        if not order.service.refill:
            raise RefusedError(ErrorText.REFILL_DISABLED)
        if self.reading(order).status != OrderStatus.COMPLETED:
            raise RefusedError(ErrorText.REFILL_EARLY)
        last = self._last_refill_of.get(order.id)
        if last is not None and last.open(step):
            raise RefusedError(ErrorText.REFILL_OPEN)
        task = Refill(self.next_refill, order.id, step)
        self.next_refill += 1
        self.refills[task.id] = self._last_refill_of[order.id] = task
        return task

    def refill_task(self, refill_id: str) -> Refill:
        """The refill of an id as the wire writes it; RefusedError when there is none."""
        task = self.refills.get(_id(refill_id))
        if task is None:
            raise RefusedError(ErrorText.REFILL)
        return task


def _id(text: str) -> int:
    """An id as a number; 0, which nothing has, for what is no id."""
    stripped = text.strip()
    return int(stripped) if stripped.isascii() and stripped.isdigit() and len(stripped) <= 18 else 0
