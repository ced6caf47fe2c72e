"""How the panel says no: error texts of the PerfectPanel kind, always at HTTP 200."""

from enum import StrEnum


class ErrorText(StrEnum):
    """The words of refusals."""

    KEY = "Invalid API key"
    REQUEST = "Incorrect request"
    SERVICE = "error.incorrect_service_id"
    LINK = "neworder.error.link"
    DUPLICATE_LINK = "neworder.error.link_duplicate"
    COMMENT = "neworder.error.comment"
    QUANTITY = "neworder.error.invalid_quantity"
    MIN_QUANTITY = "neworder.error.min_quantity"
    MAX_QUANTITY = "neworder.error.max_quantity"
    FUNDS = "neworder.error.not_enough_funds"
    ORDER = "Incorrect order ID"
    CANCEL_DISABLED = "Cancel is disabled for this service"
    CANCEL_LATE = "The order cannot be canceled"
    REFILL_DISABLED = "Refill is disabled for this service"
    REFILL_EARLY = "The order is not completed"
    REFILL_OPEN = "The refill task is not completed for this order"
    REFILL = "Refill not found"


class RefusedError(Exception):
    """The panel says no, in the words it answers with."""

    def __init__(self, text: ErrorText) -> None:
        super().__init__(text)
        self.text = text
