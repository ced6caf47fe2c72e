"""Who may order: what a ban means, and the shop's maintenance."""

from __future__ import annotations

from datetime import datetime

from handlers.context import BanAsked
from handlers.keyboards import Screen, key, keyboard, lines
from handlers.operator import words
from handlers.operator.buttons import Ban, SetMaintenance, ShowCustomer
from handlers.operator.keys import desk_key
from handlers.texts import Texts
from storage.customers import Customer

_LABEL_NAME_MAX = 24


def confirm_ban(texts: Texts, customer: Customer, asked: BanAsked) -> Screen:
    """What a ban means, with the second tap."""
    reason = words.short(asked.reason)
    html = lines(
        texts.html("operator.admission.ban-confirm", person=words.person(texts, customer.id, customer)),
        texts.html("operator.admission.ban-reason", reason=reason) if reason else None,
    )
    name = words.short(customer.name, _LABEL_NAME_MAX) or str(customer.id)
    confirm = key(texts.plain("operator.key.ban-confirm", name=name), Ban(customer.id, asked.update_id), "danger")
    return Screen(html, keyboard((confirm, key(texts.plain("operator.key.cancel"), ShowCustomer(customer.id)))))


def maintenance_screen(texts: Texts, since: datetime | None) -> Screen:
    """Whether the shop takes orders, what a maintenance means, and the button that changes it."""
    desk = desk_key(texts)
    if since is None:
        begin = key(texts.plain("operator.key.maintenance-on"), SetMaintenance(1), "danger")
        return Screen(texts.html("operator.admission.maintenance-is-off"), keyboard(begin, desk))
    end = key(texts.plain("operator.key.maintenance-off"), SetMaintenance(0), "success")
    return Screen(texts.html("operator.admission.maintenance-is-on", time=since), keyboard(end, desk))
