"""Every refusal the shop can give a person, in one tree.

    ShopError
    ├── QuoteGone            the quote is unknown, somebody else's, or expired
    ├── PriceChanged         the service changed since the draft was begun
    ├── NotForSale           service vanished, off sale, or its panel has no exchange rate
    ├── TurnedAway           nothing can be ordered now
    │   ├── Banned           not by this customer
    │   ├── Frozen           not by this customer, who owes for what was taken back
    │   ├── InMaintenance    not by anybody
    │   └── Braked           not by anybody, and operators move no money either
    ├── StillBroken          the brake cannot be let go without a reason
    ├── BelowCost            the shop's price does not cover what the panel takes
    ├── ShortOfMoney         the wallet lacks `gap`
    ├── BadInput             what a person typed; `problem` names why, `facts` fill the text
    ├── TooMany              so many of theirs wait already
    ├── NotOffered           what follows after the sale cannot be had for this order now
    ├── NotFound             no such customer, order or alert
    ├── NeedsSecond          too large an amount for one operator alone
    ├── AlreadyDecided       somebody else was faster, or the order moved on
    ├── UpstreamMismatch     an upstream id that does not fit the order; `problem` names why
    └── IllegalMove          the state machine forbids it: a defect, never a person's fault

The words shown for each live in handlers/texts; nothing here is shown as it stands.
"""

from __future__ import annotations

from enum import StrEnum

from bot.domain.money import ZERO, Money


class ShopError(Exception):
    """The root of all refusals."""


class QuoteGone(ShopError):
    """The quote is unknown, belongs to somebody else, or has expired: all three look the same from outside."""


class PriceChanged(ShopError):
    """The service changed since the customer saw it; a new quote is needed."""


class NotForSale(ShopError):
    """The service cannot be bought now."""


class TurnedAway(ShopError):
    """Nothing can be ordered now, whatever it is."""


class Banned(TurnedAway):
    """The customer may not order; what runs goes on."""


class Frozen(TurnedAway):
    """The customer owes what a gateway took back and they had spent; whatever comes in pays it first."""

    def __init__(self, owed: Money) -> None:
        super().__init__("something is owed")
        self.owed = owed


class InMaintenance(TurnedAway):
    """The shop takes no orders for the moment; what runs goes on."""


class Braked(TurnedAway):
    """The brake is on: no order begins, none is sent, and no money is moved by hand; what runs goes on."""


class StillBroken(ShopError):
    """The brake cannot be let go without a reason: `why` names what broke and still is, or what nobody looked into."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class BelowCost(ShopError):
    """The shop's price does not cover what the panel takes: nothing is sold at a loss."""


class ShortOfMoney(ShopError):
    """The wallet lacks money that can be spent now; `waits` is there too, but held back for a while."""

    def __init__(self, charge: Money, available: Money, waits: Money = ZERO) -> None:
        super().__init__("not enough money in the wallet")
        self.charge = charge
        self.available = available
        self.waits = waits

    @property
    def gap(self) -> Money:
        """Exactly what is missing."""
        return self.charge - self.available


class Problem(StrEnum):
    """Why an input was refused; each has a text of the same name."""

    NUMBER_UNREADABLE = "number-unreadable"
    NUMBER_TOO_SMALL = "number-too-small"
    NUMBER_TOO_LARGE = "number-too-large"
    LINK_EMPTY = "link-empty"
    LINK_IS_NAME = "link-is-name"
    LINK_TOO_LONG = "link-too-long"
    LINK_UNREADABLE = "link-unreadable"
    LINK_SCHEME = "link-scheme"
    LINK_CREDENTIALS = "link-credentials"
    LINES_EMPTY = "lines-empty"
    LINES_TOO_FEW = "lines-too-few"
    LINES_TOO_MANY = "lines-too-many"
    LINE_TOO_LONG = "line-too-long"
    NAME_TOO_LONG = "name-too-long"
    NAME_IS_LINK = "name-is-link"
    NAME_UNREADABLE = "name-unreadable"
    HASHTAG_UNREADABLE = "hashtag-unreadable"
    HASHTAG_ONE = "hashtag-one"
    USERNAME_ONE = "username-one"
    USERNAME_IS_LINK = "username-is-link"
    GROUP_UNREADABLE = "group-unreadable"
    ANSWER_UNREADABLE = "answer-unreadable"
    TEXT_UNSENDABLE = "text-unsendable"
    AMOUNT_UNREADABLE = "amount-unreadable"
    AMOUNT_NOT_POSITIVE = "amount-not-positive"
    AMOUNT_TOO_FINE = "amount-too-fine"
    AMOUNT_TOO_LARGE = "amount-too-large"
    TOPUP_TOO_SMALL = "topup-too-small"
    TOPUP_TOO_LARGE = "topup-too-large"
    REASON_MISSING = "reason-missing"
    TIME_PAST = "time-past"
    IS_OPERATOR = "is-operator"


class BadInput(ShopError):
    """What a person typed cannot be used; `facts` fill the placeholders of the problem's text."""

    def __init__(self, problem: Problem, **facts: str | int | Money) -> None:
        super().__init__(problem.value)
        self.problem = problem
        self.facts = facts


class NotFound(ShopError):
    """There is no such customer, order, ticket or alert."""


class TooMany(ShopError):
    """Too much of a person's waits for an operator already."""


class NotOffered(ShopError):
    """A refill or a cancel request cannot be had for this order now; its card says what can."""


class AlreadyDecided(ShopError):
    """The order moved on, or somebody else decided first."""


class NeedsSecond(ShopError):
    """So large an amount moves by hand only with a second operator's yes."""


class StillRunning(ShopError):
    """Something of a person's is not over, and what they entered for it is still needed."""


class UpstreamMismatch(ShopError):
    """An upstream id does not fit the order it was offered for."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class IllegalMove(ShopError):
    """The state machine has no such transition."""
