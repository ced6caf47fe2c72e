"""What each documented panel can do, and the fields its `services` rows have (its own API page)."""

from dataclasses import dataclass

from bot.sandbox.panel.catalogue import Service
from bot.sandbox.panel.config import Dialect


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The differences between the three documents."""

    cancel: bool
    many_refills: bool
    #: ids in one request; None where the page names no limit
    most_ids: int | None
    #: the undocumented field that carries a service's description, where there is one
    description_field: str | None


CAPABILITIES = {
    Dialect.MARKENETS: Capabilities(cancel=False, many_refills=False, most_ids=None, description_field="desc"),
    Dialect.FIXEDMEMBER: Capabilities(cancel=True, many_refills=True, most_ids=100, description_field=None),
    Dialect.SOSYALZIRVEMEDYA: Capabilities(
        cancel=True, many_refills=True, most_ids=100, description_field="description"
    ),
}


def service_row(service: Service, can: Capabilities) -> dict[str, object]:
    """One row of the `services` answer: the id a number, rate and bounds strings, flags booleans."""
    row: dict[str, object] = {
        "service": service.id,
        "name": service.name,
        "type": service.type,
        "category": service.category,
        "rate": service.rate,
        "min": str(service.min),
        "max": str(service.max),
        "refill": service.refill,
    }
    if can.cancel:
        row["cancel"] = service.cancel
    if can.description_field and service.description:
        row[can.description_field] = service.description
    return row
