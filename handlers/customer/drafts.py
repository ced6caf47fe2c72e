"""What can be done to an order that is being put together. Pure."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.catalog import Offer
from bot.domain.errors import BadInput
from bot.domain.inputs import Field, TypeRule, check
from bot.domain.orders import Quote
from handlers.context import Draft


def link_of(draft: Draft) -> str | None:
    """The link given for it, also where it was set aside."""
    return draft.answers.get(Field.LINK) or draft.kept.get(Field.LINK)


def only_link(link: str | None) -> dict[str, str]:
    """Answers of a link alone."""
    return {Field.LINK.value: link} if link else {}


def restored(draft: Draft) -> Draft:
    """The draft with what was set aside taken up again."""
    return replace(draft, answers={**draft.answers, **draft.kept}, kept={})


def set_aside(draft: Draft, field: Field) -> Draft:
    """The draft with one answer to be given again."""
    answers = {name: answer for name, answer in draft.answers.items() if name != field}
    return replace(draft, answers=answers, kept={**draft.kept, field.value: draft.answers[field]})


def first_open(rule: TypeRule, draft: Draft) -> Field | None:
    """The question to ask next; None when all are answered."""
    return next((field for field in rule.asks if field.value not in draft.answers), None)


def before_open(rule: TypeRule, draft: Draft) -> Field | None:
    """The question answered right before the open one; None where that is the first."""
    field = first_open(rule, draft)
    asked = rule.asks if field is None else rule.asks[: rule.asks.index(field)]
    return asked[-1] if asked else None


def changing(quote: Quote, field: str, draft_id: int, card_id: int | None) -> Draft:
    """A quote's draft with one answer to be given again."""
    answers = {name: answer for name, answer in quote.answers.items() if name != field}
    kept = {name: answer for name, answer in quote.answers.items() if name == field}
    return Draft(quote.service_number, answers, quote.token, draft_id, kept, card_id)


def failing(offer: Offer, rule: TypeRule, draft: Draft) -> Field:
    """The answer the service as it is now refuses; the last one where each passes by itself."""
    for field in rule.asks:
        try:
            check(field, draft.answers[field.value], offer.service)
        except BadInput:
            return field
    return rule.asks[-1]
