"""Where a customer's conversation stands: at most one question is open at a time."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from telegram.ext import ConversationHandler

from bot.domain.inputs import Field


class Step(StrEnum):
    """Steps besides the questions of an order, whose steps are named by their `Field`."""

    CHOOSING = "choosing"
    CONFIRMING = "confirming"
    WRITING = "writing"  # a message to the operator
    AMOUNT = "amount"  # how much to pay in
    PROOF = "proof"  # what shows that it was paid
    VOUCHER = "voucher"  # a voucher's code
    REASON = "reason"  # why a payment shall go back


#: A handler's result: the next step, END, or None to stay.
Next = Step | Field | int | None
END: Final[int] = ConversationHandler.END
