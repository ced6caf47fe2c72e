"""Notices: durable rows that say what a person is to be told; messages are made of them at delivery."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

#: What fills the placeholders of a text.
Facts = Mapping[str, str | int]


class NoticeKind(StrEnum):
    """What a notice tells; each has a text and a place in handlers/delivery."""

    # to a customer
    CARD = "card"  # bring the order's live card up to date
    COMPLETED = "completed"
    PARTIAL = "partial"
    CANCELED = "canceled"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CORRECTED = "corrected"  # money came back after the end
    REFILL_COMPLETED = "refill-completed"
    REFILL_REJECTED = "refill-rejected"
    REFILL_REFUSED = "refill-refused"
    REFILL_LAPSED = "refill-lapsed"
    CANCEL_REFUSED = "cancel-refused"
    CREDITED = "credited"
    DEBITED = "debited"
    TOPUP_PAID = "topup-paid"  # money came; with the order that waited for it, if one did
    TOPUP_TURNED_DOWN = "topup-turned-down"  # an operator did not find what the customer says they paid
    REFUND_DONE = "refund-done"  # a payment went back to where it came from
    REFUND_TURNED_DOWN = "refund-turned-down"  # an operator said no
    REFUND_FAILED = "refund-failed"  # the gateway would not take it; the wallet has it again
    TAKEN_BACK = "taken-back"  # a gateway took a payment back
    GIVEN_BACK = "given-back"  # an operator returned money of an order to the wallet
    ANSWER = "answer"  # the operator's answer to a support message
    BROADCAST = "broadcast"  # what an operator writes to everybody; behind all other news
    # to an operator
    ALERT = "alert"
    TICKET = "ticket"  # a customer's support message
    APPROVAL = "approval"  # another operator asks for a yes, or what became of one's own asking
    TOPUP_ASKED = "topup-asked"  # a customer asks to be credited the gap
    PROOF = "proof"  # a customer says they paid by hand; approve, other amount, reject
    REFUND_ASKED = "refund-asked"  # a customer asks for a payment back
    RESTARTED = "restarted"  # the last run broke off; where the shop stands now
    BROADCAST_PROGRESS = "broadcast-progress"  # bring the message that shows how far it is up to date


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell one person. Writing the same key twice is one notice.

    A CARD is the exception, and BROADCAST_PROGRESS: one row that each change makes due again, so that only the
    newest state is ever sent.
    """

    key: str
    chat_id: int
    kind: NoticeKind
    order_id: int | None = None
    facts: Facts = field(default_factory=dict)


class AlertKind(StrEnum):
    """What an operator is alerted to; each has a text of the same name."""

    ORDER_UNKNOWN = "order-unknown"
    ORDER_RELEASED = "order-released"  # unknown for too long, and given back without anybody's decision
    ORDER_LATE = "order-late"  # a panel's balance fell by the cost of an order whose money had gone back
    ORDER_ATTENTION = "order-attention"
    ORDER_STALE = "order-stale"  # active for far longer than orders take
    ORDER_STUCK = "order-stuck"  # reserved too long because the panel refuses for now
    PANEL_FAILING = "panel-failing"
    PANEL_BALANCE_LOW = "panel-balance-low"
    PANEL_KEY = "panel-key"  # the panel refuses our key or account
    PANEL_MISCONFIGURED = "panel-misconfigured"  # address, redirect, certificate
    PANEL_CURRENCY = "panel-currency"  # no exchange rate
    PANEL_DRIFT = "panel-drift"  # its balance fell by more than orders explain
    PANEL_INCOME = "panel-income"  # its balance rose
    PANEL_GONE = "panel-gone"  # active orders of a panel that is configured no more
    CHARGE_MISMATCH = "charge-mismatch"  # a service's first order cost something else than computed
    CHARGE_ODD = "charge-odd"  # a panel says it took what cannot be for that order
    PRICE_JUMP = "price-jump"
    RATE_NONSENSE = "rate-nonsense"
    STATUS_WORD = "status-word"  # a status the shop does not know
    REFILL_UNKNOWN = "refill-unknown"  # asked for, and nobody can tell whether the panel took it
    REFILL_WORD = "refill-word"  # a refill's status the shop does not know
    UPDATE_POISONED = "update-poisoned"
    NOTICE_STUCK = "notice-stuck"  # something a person should be told cannot be put into words
    POLLER_STOPPED = "poller-stopped"
    BRAKE = "brake"  # an invariant of the ledger does not hold
    RESTORED = "restored"  # the shop opened on a backup
    ORPHAN = "orphan"  # a panel named an order whose customer has the money back
    DISK_LOW = "disk-low"  # nothing is sent for want of room on the disk
    OUTCOME_WAITED = "outcome-waited"  # what a panel answered could not be stored at once
    BACKUP_FAILED = "backup-failed"  # the day's backup was not written, or cannot be relied on
    WEBHOOK_SET = "webhook-set"  # somebody who has the token had the updates sent to them
    PAYMENT_HOMELESS = "payment-homeless"  # a gateway has a payment that fits nobody; it is in suspense
    PAYMENT_MISSING = "payment-missing"  # it was credited, and its gateway does not know it
    PAYMENT_ODD = "payment-odd"  # its gateway has it with another amount or currency than was credited
    CHARGEBACK = "chargeback"  # a gateway took a payment back without us
    REFUND_STUCK = "refund-stuck"  # a gateway was told to give a payment back, and has not said that it did
    REFUND_FAILED = "refund-failed"  # a gateway will never give a payment back; the wallet has it again
    GATEWAY_FAILING = "gateway-failing"
    ID_TAKEN = "id-taken"  # a panel answered with an upstream id another order has


@dataclass(frozen=True, slots=True)
class Alert:
    """A condition an operator should see once, until it is over or acknowledged."""

    #: One open alert per key.
    key: str
    kind: AlertKind
    order_id: int | None = None
    facts: Facts = field(default_factory=dict)

    @classmethod
    def about(cls, kind: AlertKind, subject: str | int, facts: Facts, order_id: int | None = None) -> Alert:
        """The alert of a kind about one subject: an order's number, a panel's name, a poller's."""
        return cls(alert_key(kind, subject), kind, order_id, facts)


def alert_key(kind: AlertKind, subject: str | int) -> str:
    """The one key of a kind of alert about one subject."""
    return f"{kind.value}:{subject}"
