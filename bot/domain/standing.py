"""Where a payment stands for whoever paid it, and whether it can be asked back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.money import ZERO, Money
from bot.domain.refunds import REFUNDABLE, WHOLE_ONLY, Left, Refund, left_of
from bot.domain.topups import Gateway, Payment, PaymentState, RefundState


class Standing(StrEnum):
    """Where a payment stands; each has a text of the same name."""

    CREDITED = "credited"
    ASKED = "asked"  # back, and nobody decided yet
    SENDING = "sending"  # on its way back
    PART_BACK = "part-back"
    BACK = "back"
    TURNED_DOWN = "turned-down"
    FAILED = "failed"  # its gateway would not give it back
    REVERSED = "reversed"
    SUSPENSE = "suspense"


class Chance(StrEnum):
    """Whether a payment can be asked back; each has a text of the same name."""

    WHOLE = "whole"
    PART = "part"  # the rest is spent, and its gateway gives back parts
    SPENT = "spent"
    NEVER = "never"  # its gateway gives nothing back
    TIRED = "tired"  # turned down too often
    CLOSED = "closed"  # it was asked for, or is gone


@dataclass(frozen=True, slots=True)
class Unspent:
    """What a wallet has that could go back."""

    stars: Money
    #: Everything but Stars credit.
    own: Money


@dataclass(frozen=True, slots=True)
class Look:
    """A payment with what became of it."""

    payment: Payment
    #: Oldest first.
    made: Sequence[Refund]

    @property
    def last(self) -> Refund | None:
        """The newest request or refund of it."""
        return self.made[-1] if self.made else None

    @property
    def left(self) -> Left:
        """What has not gone back and is not on its way."""
        return left_of(self.payment, self.made)

    @property
    def noes(self) -> int:
        """How often it was asked for and turned down."""
        return sum(refund.state is RefundState.REFUSED for refund in self.made)

    @property
    def standing(self) -> Standing:
        """Where it stands."""
        if (ended := _ENDED.get(self.payment.state)) is not None:
            return ended
        last = self.last
        return Standing.CREDITED if last is None else _OF_REFUNDS[last.state]

    def unspent(self, wallet: Unspent) -> Money:
        """What could go back of it: only what its own gateway brought goes back there."""
        there = wallet.stars if self.payment.gateway is Gateway.STARS else wallet.own
        return min(self.left.amount, there)

    def chance(self, wallet: Unspent, asks_most: int) -> Chance:
        """Whether it can be asked back now."""
        if self.payment.state is not PaymentState.CREDITED or self.standing in (Standing.ASKED, Standing.SENDING):
            return Chance.CLOSED
        if self.payment.gateway not in REFUNDABLE:
            return Chance.NEVER
        if self.noes >= asks_most:
            return Chance.TIRED
        unspent = self.unspent(wallet)
        if unspent == self.left.amount:
            return Chance.WHOLE
        return Chance.SPENT if unspent == ZERO or self.payment.gateway in WHOLE_ONLY else Chance.PART


_ENDED = {
    PaymentState.SUSPENSE: Standing.SUSPENSE,
    PaymentState.REFUNDED: Standing.BACK,
    PaymentState.REVERSED: Standing.REVERSED,
}
_OF_REFUNDS = {
    RefundState.ASKED: Standing.ASKED,
    RefundState.SENDING: Standing.SENDING,
    RefundState.DONE: Standing.PART_BACK,
    RefundState.REFUSED: Standing.TURNED_DOWN,
    RefundState.FAILED: Standing.FAILED,
}
