"""Any order of events, by anybody: money is conserved, nothing is sent twice, nobody loses more than they agreed to."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Coroutine
from contextlib import AsyncExitStack, ExitStack
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from bot.domain.catalog import Service
from bot.domain.errors import ShopError
from bot.domain.money import Money
from bot.domain.orders import FINAL, HOLDING, MOVES, Order, OrderState, Quote, Reason, StatusReport
from bot.engine import customers, desk, fulfilment, notices, ordering, prices, quoting, recovery, tracking
from bot.engine.fulfilment import Claim
from bot.panels.outcomes import AddOutcome, Later, LaterKind, Lost, Placed, RefusalKind, Refused, Unsent
from bot.wire.reasons import HttpFacts, LostReason, UnsentReason
from storage import orders
from storage.database import Kind
from tests import databases
from tests.engine.workshop import BOOST, LIKES, NORD, WORDS, Workshop, open_shop, report, workshop
from tests.kit import IRIS, LINK, MINA, THEO

T = TypeVar("T")

FACTS = HttpFacts(200)
LINKS = st.sampled_from([f"{LINK}/{n}" for n in range(4)])
SERVICES = st.sampled_from([LIKES, LIKES, BOOST, WORDS])
PICKS = st.integers(0, 7)
FOLLOWED = st.sampled_from([OrderState.ACTIVE, OrderState.ACTIVE, OrderState.COMPLETED, OrderState.PARTIAL])
PEOPLE = st.sampled_from([MINA, THEO])
AMOUNTS = st.sampled_from([Money(m) for m in (1, 100, 999_900, 1_125_000, 5_000_000)])
RATES = st.sampled_from(["0.9", "1", "1.2", "3", "0", "0.01", "-1", "1e40"])
#: Few ids, so that panels repeat themselves.
UPSTREAM = st.sampled_from([str(n) for n in range(40)])
OUTCOMES = st.one_of(
    st.builds(Placed, UPSTREAM, st.just(FACTS)),
    st.builds(Lost, st.sampled_from(LostReason), st.just(FACTS)),
    st.builds(Refused, st.sampled_from(RefusalKind), st.just("no"), st.just(FACTS)),
    st.builds(Later, st.sampled_from(LaterKind), st.just("later"), st.just(FACTS)),
    st.builds(Unsent, st.sampled_from(UnsentReason), st.just(FACTS)),
)
WORDS_SAID = st.sampled_from(
    ["Pending", "In progress", "Completed", "Partial", "Canceled", "Refunded", "Fail", "Error", "Quantum", "Entangled"]
)
REPORTS = st.builds(report, WORDS_SAID, st.sampled_from([None, 0, 1, 40, 100, 5000]), over=st.sampled_from([0, 0, 3]))


class Life(RuleBasedStateMachine):
    """The engine against what must be true of any history."""

    quotes: Bundle[Quote] = Bundle("quotes")
    claims: Bundle[Claim] = Bundle("claims")

    kind = Kind.SQLITE

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.standing = ExitStack()
        self.standing.enter_context(databases.standing_on(self.kind))
        self.folder = tempfile.TemporaryDirectory()
        self.updates = 0
        self.given = Counter[int]()
        #: How often an `add` of each order may have done something upstream.
        self.adds = Counter[int]()
        self.seen: dict[int, Order] = {}

    def run(self, verb: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(verb)

    def attempt(self, verb: Coroutine[Any, Any, T]) -> T | None:
        """Run a verb that may refuse; only the shop's own refusals are in order."""
        try:
            return self.run(verb)
        except ShopError:
            return None

    def update(self) -> int:
        self.updates += 1
        return self.updates

    @initialize()
    def open(self) -> None:
        self.bench: Workshop = self.run(self.stack.enter_async_context(workshop(Path(self.folder.name))))
        for person in (MINA, THEO):
            self.run(customers.greet(self.bench.shop, person, "x", None, None, self.bench.clock()))
            self.hand(person, Money(20_000_000), credit=True)
        for n in range(7):
            self.buy(MINA if n % 2 else THEO, LIKES, f"{LINK}/{n}", "1k")
            self.the_ledger_is_sound_and_money_conserved()
            if n < 5:
                self.send(Placed(f"first-{n}", FACTS))
        self.run(self.bench.tell(self.order(1), report("Completed", 0)))
        self.run(self.bench.settled(self.order(2), report("Partial", 40)))

    def teardown(self) -> None:
        self.run(self.stack.aclose())
        self.runner.close()
        self.standing.close()
        self.folder.cleanup()

    # What customers do ----------------------------------------------------------------------------

    @rule(target=quotes, person=PEOPLE, service=SERVICES, link=LINKS,
          quantity=st.sampled_from(["10", "100", "1k"]))  # fmt: skip
    def quote(self, person: int, service: Service, link: str, quantity: str) -> Any:
        given = {"link": link, "quantity": quantity, "comments": "a\nb\nc"}
        shop, number = self.bench.shop, self.bench.number(service)
        made = self.attempt(quoting.make_quote(shop, person, self.update(), number, given, self.bench.clock()))
        return made or multiple()

    @rule(person=PEOPLE, service=SERVICES, link=LINKS, quantity=st.sampled_from(["100", "1k"]))
    def buy(self, person: int, service: Service, link: str, quantity: str) -> None:
        quote = self.quote(person, service, link, quantity)
        if isinstance(quote, Quote):
            self.confirm(quote, person, 1)

    @rule(quote=quotes, person=PEOPLE, taps=st.integers(1, 3))
    def confirm(self, quote: Quote, person: int, taps: int) -> None:
        async def tap() -> list[ordering.Confirmed | BaseException]:
            one = [ordering.place_order(self.bench.shop, quote.token, person, None, self.bench.clock())
                   for _ in range(taps)]  # fmt: skip
            return await asyncio.gather(*one, return_exceptions=True)

        answers = self.run(tap())
        found = {answer.order.id for answer in answers if isinstance(answer, ordering.Confirmed)}
        assert all(isinstance(answer, ordering.Confirmed | ShopError) for answer in answers)
        assert sum(answer.fresh for answer in answers if isinstance(answer, ordering.Confirmed)) <= 1
        assert len(found) <= 1
        for answer in answers:
            if isinstance(answer, ordering.Confirmed):
                assert answer.order.charge == quote.charge
                assert answer.order.customer_id == quote.customer_id == person

    @rule(pick=PICKS, person=PEOPLE)
    def withdraw(self, pick: int, person: int) -> None:
        if order := self.pick(pick, OrderState.RESERVED):
            self.attempt(ordering.withdraw(self.bench.shop, order.id, person, self.bench.clock()))

    # What the shop does ---------------------------------------------------------------------------

    @rule(target=claims)
    def claim(self) -> Any:
        claimed = self.run(fulfilment.claim(self.bench.shop, NORD, self.bench.clock()))
        if claimed is None:
            return multiple()
        assert self.adds[claimed.order.id] == 0, "a second add"
        self.adds[claimed.order.id] += 1  # until there is proof that it did nothing
        return claimed

    @rule(claim=claims, outcome=OUTCOMES, again=st.booleans())
    def answer(self, claim: Claim, outcome: AddOutcome, again: bool) -> None:
        before = self.order(claim.order.id)
        self.attempt(fulfilment.record(self.bench.shop, claim, outcome, self.bench.clock()))
        after = self.order(claim.order.id)
        if before.state is OrderState.SUBMITTING and after.state in (OrderState.RESERVED, OrderState.FAILED):
            assert isinstance(outcome, Later | Unsent | Refused)
            self.adds[claim.order.id] -= 1
        if again:
            self.attempt(fulfilment.record(self.bench.shop, claim, outcome, self.bench.clock()))
            assert self.order(claim.order.id) == after

    @rule(outcome=OUTCOMES | st.builds(Placed, UPSTREAM, st.just(FACTS)))
    def send(self, outcome: AddOutcome) -> None:
        if isinstance(claimed := self.claim(), Claim):
            self.answer(claimed, outcome, again=False)

    @rule()
    def restart(self) -> None:
        old = self.bench.shop
        self.bench.shop = self.run(open_shop(old.db, old.terms))
        self.run(recovery.recover(self.bench.shop, self.bench.clock()))
        self.bench.shop.shelf.stored.update(old.shelf.stored)
        self.bench.shop.shelf.category_keys.update(old.shelf.category_keys)
        self.bench.shop.shelf.exchange.update(old.shelf.exchange)
        self.run(self.bench.shop.shelf.renew())
        assert not self.run(self.bench.rows("SELECT id FROM orders WHERE state = 'submitting'"))

    @rule(pick=PICKS, said=REPORTS, at_once=st.integers(1, 3), state=FOLLOWED)
    def status(self, pick: int, said: StatusReport, at_once: int, state: OrderState) -> None:
        order = self.pick(pick, state)

        async def apply(order_id: int) -> None:
            one = (tracking.apply(self.bench.shop, {order_id: said}, self.bench.clock()) for _ in range(at_once))
            await asyncio.gather(*one)

        if order:
            self.run(apply(order.id))

    @rule(pick=PICKS, said=REPORTS, state=FOLLOWED)
    def status_that_stands(self, pick: int, said: StatusReport, state: OrderState) -> None:
        if order := self.pick(pick, state):
            self.run(self.bench.settled(order, said))

    @rule(pick=PICKS)
    def missing(self, pick: int) -> None:
        if order := self.pick(pick, OrderState.ACTIVE):
            self.run(tracking.missing(self.bench.shop, [order], self.bench.clock()))

    @rule(seconds=st.sampled_from([1, 5, 60, 299, 300, 600, 1800, 90_000]))
    def wait(self, seconds: int) -> None:
        self.bench.clock.forward(seconds=seconds)

    @rule()
    def tidy(self) -> None:
        self.run(ordering.expire_reserved(self.bench.shop, self.bench.clock()))
        self.run(tracking.stop_watching(self.bench.shop, self.bench.clock()))
        self.run(tracking.due(self.bench.shop, NORD, self.bench.clock()))

    @rule(delivery=st.sampled_from([notices.Sent(7), notices.NotNow("later"), notices.Unreachable("blocked")]))
    def deliver(self, delivery: notices.Delivery) -> None:
        for waiting in self.run(notices.due(self.bench.shop, self.bench.clock(), 3)):
            self.run(notices.settle(self.bench.shop, waiting, delivery, self.bench.clock()))

    @rule(rate=RATES, listed=st.booleans(), agree=st.booleans())
    def refresh(self, rate: str, listed: bool, agree: bool) -> None:
        services = [replace(LIKES, rate=Decimal(rate)), BOOST] if listed else [BOOST]
        self.run(self.bench.list_services(*services, WORDS))
        if agree:
            shop = self.bench.shop
            jumps = prices.jumps_of(shop)
            numbers = {jump.number for jump in jumps}
            self.run(prices.accept(shop, numbers, prices.mark_of(jumps), IRIS, self.bench.clock()))

    # What the operator does -----------------------------------------------------------------------

    @rule(person=PEOPLE, amount=AMOUNTS, credit=st.booleans(), replayed=st.booleans())
    def by_hand(self, person: int, amount: Money, credit: bool, replayed: bool) -> None:
        self.hand(person, amount, credit=credit)
        if replayed:
            self.updates -= 1
            self.hand(person, amount, credit=credit, counts=False)

    def hand(self, person: int, amount: Money, *, credit: bool, counts: bool = True) -> None:
        shop, clock = self.bench.shop, self.bench.clock
        moved = self.attempt(desk.move_money(shop, self.update(), IRIS, person, amount, "why", clock(), credit=credit))
        if moved and counts:
            self.given[person] += amount.micros if credit else -amount.micros

    @rule(pick=PICKS, upstream=UPSTREAM)
    def attach(self, pick: int, upstream: str) -> None:
        if order := self.pick(pick, OrderState.UNKNOWN):
            self.attempt(desk.attach(self.bench.shop, order.id, upstream, IRIS, self.bench.clock()))

    @rule(pick=PICKS, reason=st.sampled_from([Reason.NOT_PLACED, Reason.GOODWILL]))
    def release(self, pick: int, reason: Reason) -> None:
        if order := self.pick(pick, OrderState.UNKNOWN):
            self.attempt(desk.release(self.bench.shop, order.id, reason, IRIS, self.bench.clock()))

    @rule(pick=PICKS, back=st.sampled_from([Money(0), Money(100), Money(10**12), None]))
    def decide(self, pick: int, back: Money | None) -> None:
        if order := self.pick(pick, OrderState.ACTIVE):
            amount = order.charge if back is None else back
            self.attempt(desk.decide(self.bench.shop, order.id, amount, IRIS, self.bench.clock()))

    # What must be true ----------------------------------------------------------------------------

    def pick(self, number: int, state: OrderState) -> Order | None:
        """One of the orders, rather one in a state than another."""
        known = sorted(self.seen)
        fitting = [order_id for order_id in known if self.seen[order_id].state is state] or known
        return self.order(fitting[number % len(fitting)]) if fitting else None

    def order(self, order_id: int) -> Order:
        return self.run(self.bench.read(order_id))

    @invariant()
    def the_ledger_is_sound_and_money_conserved(self) -> None:
        if not hasattr(self, "bench"):
            return
        self.run(self.bench.sound())
        kept = Counter[int]()
        held = Counter[int]()
        for row in self.run(self.bench.rows("SELECT * FROM orders")):
            order = orders.order_of(row)
            if order.state in HOLDING:
                held[order.customer_id] += order.charge.micros
            else:
                kept[order.customer_id] += (order.charge - order.returned).micros
            self.moved_only_as_it_may(order)
        for person in (MINA, THEO):
            has = self.run(self.bench.money(person))
            assert has.held.micros == held[person]
            assert has.available.micros == self.given[person] - held[person] - kept[person]
            assert has.available.micros >= 0

    def moved_only_as_it_may(self, order: Order) -> None:
        before = self.seen.get(order.id)
        self.seen[order.id] = order
        if before is None:
            assert order.state is OrderState.RESERVED
            return
        if order.state is not before.state:
            assert order.version > before.version
            assert order.state in reachable(before.state)
        assert order.returned >= before.returned
        assert order.charge == before.charge
        assert before.upstream_id in (None, order.upstream_id)
        if order.state not in FINAL:
            assert order.returned == Money(0)


def reachable(state: OrderState) -> set[OrderState]:
    """Where one step of the machine may lead: a few moves, of which each is in the table."""
    near = {target for (source, _), target in MOVES.items() if source is state}
    return near | {target for (source, _), target in MOVES.items() if source in near}


class LifeOnPostgres(Life):
    """The same against a server."""

    kind = Kind.POSTGRES


TestLifeOnPostgres = LifeOnPostgres.TestCase
TestLifeOnPostgres.settings = settings(
    max_examples=6, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=30, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
