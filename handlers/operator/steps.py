"""Where an operator's conversation stands: which answer is waited for."""

from __future__ import annotations

from enum import StrEnum


class Asked(StrEnum):
    """What was asked: of an order or a refill that needs a decision, from the desk, or in the catalogue."""

    UPSTREAM = "upstream"
    AMOUNT = "amount"
    REFILL = "refill"
    CUSTOMER = "customer"
    ORDER = "order"
    CREDIT = "credit"
    DEBIT = "debit"
    TITLE = "title"
    PERCENT = "percent"
    BROADCAST = "broadcast"
    PAGE = "page"
    RATE = "rate"
    INSTRUCTIONS = "instructions"
    RECEIVED = "received"
    TURN_DOWN = "turn-down"
    VOUCHER = "voucher"
    REFUND_NO = "refund-no"
    GIVE_AMOUNT = "give-amount"
    GIVE_REASON = "give-reason"
    WHOSE = "whose"
