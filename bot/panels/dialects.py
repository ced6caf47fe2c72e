"""What a panel can do: configured by the operator, or learned from what it answers.

Panels differ: some pages describe no `cancel` and no questions about many ids at all, and servers answer what they do
not know in their own ways (an error, `null`, nothing).
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import StrEnum


class Ability(StrEnum):
    """The capabilities by the names of their fields."""

    MULTI_STATUS = "multi_status"  # `status` with `orders`
    MULTI_REFILL = "multi_refill"  # `refill` with `orders`
    MULTI_REFILL_STATUS = "multi_refill_status"  # `refill_status` with `refills`
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a panel can do; None where that is not known yet."""

    multi_status: bool | None = None
    multi_refill: bool | None = None
    multi_refill_status: bool | None = None
    cancel: bool | None = None


@dataclass(slots=True)
class Learned:
    """What one panel has shown so far, under what the operator configured: the operator always wins."""

    configured: Capabilities
    _shown: dict[Ability, bool] = field(default_factory=dict)

    def knows(self, ability: Ability) -> bool | None:
        """Whether the panel can; None while nobody can tell."""
        configured: bool | None = getattr(self.configured, ability.value)
        return self._shown.get(ability) if configured is None else configured

    def learn(self, ability: Ability, *, able: bool) -> bool:
        """Note what an answer shows; True when that was news."""
        before = self.knows(ability)
        self._shown[ability] = able
        return self.knows(ability) is not before

    @property
    def capabilities(self) -> Capabilities:
        """The present view."""
        return Capabilities(**{each.name: self.knows(Ability(each.name)) for each in fields(Capabilities)})
