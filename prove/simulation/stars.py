"""Stars of this world: Telegram's own record of who paid what, and how the shop comes to hear of it, or does not."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from prove.simulation.loop import Turns

#: What Telegram's clock shows when the schedule begins, in seconds.
EPOCH: Final = 1_767_323_045
#: The calls that are about Stars.
CALLS: Final = frozenset({"getStarTransactions", "refundStarPayment"})
#: How the shop hears of a payment, or of one that went back.
_TELLINGS: Final = ("well", "well", "well", "late", "twice", "lost")
_LATEST: Final = 900.0
#: Payments that Telegram takes back by itself, and of those the ones it only lists.
_TAKEN_SHARE: Final = 0.25
_QUIET_SHARE: Final = 0.3


@dataclass(slots=True)
class Charge:
    """One payment."""

    id: str
    payer: int
    token: str
    stars: int
    at: int
    #: Whether the Stars went back to whoever paid, and whether the shop asked for it.
    back: bool = False
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """One line of what `getStarTransactions` lists."""

    charge: Charge
    incoming: bool
    at: int

    def told(self) -> dict[str, Any]:
        """As the Bot API tells it."""
        charge = self.charge
        user = {"id": charge.payer, "is_bot": False, "first_name": f"P{charge.payer}"}
        partner = {
            "type": "user", "transaction_type": "invoice_payment", "user": user, "invoice_payload": charge.token,
        }  # fmt: skip
        side = "source" if self.incoming else "receiver"
        return {"id": charge.id, "amount": charge.stars, "date": self.at, side: partner}


class Stars:
    """The bot's Stars, at Telegram."""

    def __init__(
        self, turns: Turns, chance: random.Random, note: Callable[[str], None], say: Callable[[int, str], int]
    ) -> None:
        self._turns, self._chance, self._note, self._say = turns, chance, note, say
        self.book: dict[str, Charge] = {}
        self.moves: list[Move] = []
        self.faults = 0
        #: Called when the shop asks for a refund, before anything comes of it.
        self.on_refund: Callable[[str], None] = lambda _: None
        #: Whether Telegram may still take payments back by itself.
        self.active = True

    def pay(self, payer: int, token: str, stars: int) -> None:
        """Somebody pays an invoice that the shop let pass."""
        charge = Charge(f"stx{len(self.book) + 1}", payer, token, stars, self._now())
        self.book[charge.id] = charge
        self.moves.append(Move(charge, incoming=True, at=charge.at))
        self._note(f"{payer} pays {stars} Stars as {charge.id}")
        self._tell(payer, f"paid {charge.id} {token} {stars} {charge.at}")
        if self._chance.random() < _TAKEN_SHARE:
            self._turns.later(self._chance.uniform(1, 700), self._take_back, charge)

    def call(self, method: str, fields: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """A call of the Bot API; the status and the answer."""
        if method == "getStarTransactions":
            return 200, {"ok": True, "result": {"transactions": list(self._page(fields))}}
        charge = self.book.get(str(fields["telegram_payment_charge_id"]))
        if charge is None or charge.payer != int(fields["user_id"]):
            return _refused("CHARGE_ID_INVALID")
        self.on_refund(charge.id)
        if charge.back:
            return _refused("CHARGE_ALREADY_REFUNDED")
        charge.asked = True
        self._give_back(charge, quiet=False)
        return 200, {"ok": True, "result": True}

    def _page(self, fields: dict[str, Any]) -> Iterator[dict[str, Any]]:
        first, limit = int(fields.get("offset") or 0), int(fields.get("limit") or 100)
        for move in self.moves[first : first + limit]:
            yield move.told()

    def _take_back(self, charge: Charge) -> None:
        if self.active and not charge.back:
            self.faults += 1
            self._note(f"{charge.id} is taken back")
            self._give_back(charge, quiet=self._chance.random() < _QUIET_SHARE)

    def _give_back(self, charge: Charge, *, quiet: bool) -> None:
        charge.back = True
        self.moves.append(Move(charge, incoming=False, at=self._now()))
        if not quiet:
            self._tell(charge.payer, f"taken-back {charge.id}")

    def _tell(self, person: int, text: str) -> None:
        how = self._chance.choice(_TELLINGS)
        self.faults += how != "well"
        for _ in range({"lost": 0, "twice": 2}.get(how, 1)):
            self._turns.later(self._chance.uniform(1, _LATEST) if how == "late" else 0.1, self._say, person, text)

    def _now(self) -> int:
        return EPOCH + int(self._turns.now)


def _refused(words: str) -> tuple[int, dict[str, Any]]:
    return 400, {"ok": False, "error_code": 400, "description": f"Bad Request: {words}"}
