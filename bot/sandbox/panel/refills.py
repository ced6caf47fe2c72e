"""A refill task: Pending, In progress, Completed by the panel's steps."""

from dataclasses import dataclass
from enum import StrEnum

STARTS_AFTER_STEPS = 2
FINISHES_AFTER_STEPS = 4


class RefillStatus(StrEnum):
    """The words of refill tasks."""

    PENDING = "Pending"
    IN_PROGRESS = "In progress"
    COMPLETED = "Completed"
    REJECTED = "Rejected"


@dataclass(slots=True)
class Refill:
    """One refill task of one order; `held` is a status set by hand."""

    id: int
    order: int
    created_step: int
    held: str | None = None

    def status(self, step: int) -> str:
        """How the task stands at a step."""
        if self.held is not None:
            return self.held
        age = step - self.created_step
        if age >= FINISHES_AFTER_STEPS:
            return RefillStatus.COMPLETED
        return RefillStatus.IN_PROGRESS if age >= STARTS_AFTER_STEPS else RefillStatus.PENDING

    def open(self, step: int) -> bool:
        """Whether the task is still under way."""
        return self.status(step) in {RefillStatus.PENDING, RefillStatus.IN_PROGRESS}
