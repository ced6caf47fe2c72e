"""What is said about a person's data. Pure."""

from __future__ import annotations

from handlers.keyboards import Screen, key, keyboard
from handlers.operator import words
from handlers.operator.buttons import ShowCustomer
from handlers.operator.buttons_people import Erase
from handlers.texts import Texts
from storage.customers import Customer

_LABEL_NAME_MAX = 24


def exported_screen(texts: Texts, customer_id: int) -> Screen:
    """What stands below the document."""
    back = key(texts.plain("operator.key.customer"), ShowCustomer(customer_id))
    return Screen(texts.html("operator.people.exported", id=str(customer_id)), keyboard(back))


def confirm_erase(texts: Texts, customer: Customer, mark: str) -> Screen:
    """What erasing means, with the second tap."""
    html = texts.html("operator.people.erase-confirm", person=words.person(texts, customer.id, customer))
    name = words.short(customer.name, _LABEL_NAME_MAX) or str(customer.id)
    confirm = key(texts.plain("operator.people.key-erase-confirm", name=name), Erase(customer.id, mark), "danger")
    return Screen(html, keyboard((confirm, key(texts.plain("operator.key.cancel"), ShowCustomer(customer.id)))))
