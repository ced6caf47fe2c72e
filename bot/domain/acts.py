"""What operators do, as it is written down."""

from __future__ import annotations

from enum import StrEnum


class ActKind(StrEnum):
    """Kinds of acts; each has a text of the same name."""

    # Money and orders.
    CREDIT = "credit"
    DEBIT = "debit"
    ATTACH = "attach"  # the panel's number of an unknown order or refill is known
    RELEASE = "release"  # an unknown order's money back; an unknown refill may be asked for again
    TEACH = "teach"  # the same, and the panel's words always mean so
    SNOOZE = "snooze"  # an unknown order: no reminders for a while
    DECIDE = "decide"  # money back of an active order
    ASK = "ask"  # another operator's yes was asked for
    APPROVE = "approve"
    DENY = "deny"
    BRAKE = "brake"  # let go of
    # Paying in and giving back.
    TOPUP = "topup"  # a payment by hand was found, or not
    ASSIGN = "assign"  # a payment that fitted nobody was given to a customer
    REFUND = "refund"  # a payment goes back to where it came from, or does not
    GIVE_BACK = "give-back"  # money of an order that ended, to the wallet
    VOUCHER = "voucher"  # made or closed
    WAY = "way"  # a way of paying in was turned on, off or changed
    PAGE = "page"  # a page was written anew
    # People.
    ANSWER = "answer"
    BAN = "ban"
    UNBAN = "unban"
    EXPORT = "export"
    ERASE = "erase"
    MAINTENANCE = "maintenance"
    BROADCAST = "broadcast"
    # The catalogue and its panels.
    SYNC = "sync"
    AGREE = "agree"  # to a panel's new currency
    ACCEPT = "accept"  # price jumps, or what a service really costs
    MARKUP = "markup"
    HIDE = "hide"
    SHOW = "show"
    RENAME = "rename"
    MOVE = "move"
    ACKNOWLEDGE = "acknowledge"  # an alert was closed
