"""Telling operators: one alert per condition, a message to each of them, closed once for all."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

from bot.domain.notices import Alert, AlertKind, Facts, Notice, NoticeKind, alert_key
from bot.domain.topups import Payment, spelled
from bot.engine.shop import Shop
from storage import outbox
from storage.database import Tx

#: Half an hour at the usual rhythm of status polls.
_QUIET_ROUNDS: Final = 30
#: So many new words a panel may bring to the operator in a day: a word with a number in it is not news each time.
_WORDS_A_DAY: Final = 5
_DIGITS: Final = re.compile(r"\d+")


async def raise_alert(tx: Tx, shop: Shop, alert: Alert, now: datetime) -> bool:
    """Open an alert and tell every operator; False while its condition lasts, acknowledged or not.

    One that comes back soon after it ended is listed again without another message: what flaps is told once.
    """
    alert_id = await outbox.open_alert(tx, alert, now, quiet_since=now - shop.terms.status_poll * _QUIET_ROUNDS)
    if alert_id is None:
        return False
    for operator_id in shop.terms.operator_ids:
        key = f"alert:{alert_id}:{operator_id}"
        facts = {**alert.facts, "alert": alert_id, "about": alert.kind.value}
        await outbox.post(tx, Notice(key, operator_id, NoticeKind.ALERT, alert.order_id, facts), now)
    return True


async def raise_word(tx: Tx, shop: Shop, kind: AlertKind, facts: Facts, order_id: int, now: datetime) -> None:
    """One alert for each `word` a `panel` has that the shop does not know, however many orders show it."""
    panel = f"{facts['panel']}:"
    if await outbox.count_raised(tx, alert_key(kind, panel), now - timedelta(days=1)) < _WORDS_A_DAY:
        about = f"{panel}{_DIGITS.sub('#', str(facts['word']))}"
        await raise_alert(tx, shop, Alert.about(kind, about, facts, order_id), now)


async def end_alert(tx: Tx, kind: AlertKind, subject: str | int, now: datetime) -> bool:
    """The condition is over by itself; False when it was not raised."""
    return await outbox.end_alert(tx, alert_key(kind, subject), now)


async def remind(
    tx: Tx, shop: Shop, kind: AlertKind, subject: str | int, facts: Facts, tag: str, now: datetime
) -> bool:  # fmt: skip
    """Open an alert of a lasting condition anew, seen or not, with more facts and a message; the same `tag` once.

    False where the condition is over.
    """
    alert_id = await outbox.retell_alert(tx, alert_key(kind, subject), facts, anew=True)
    if alert_id is None:
        return False
    for operator_id in shop.terms.operator_ids:
        about = {"alert": alert_id, "about": kind.value}
        notice = Notice(f"alert:{alert_id}:{operator_id}:{tag}", operator_id, NoticeKind.ALERT, None, about)
        await outbox.post(tx, notice, now)
    return True


async def retell(tx: Tx, kind: AlertKind, subject: str | int, facts: Facts) -> bool:
    """Bring the facts of a lasting condition up to date, without a message; False where it is over."""
    return await outbox.retell_alert(tx, alert_key(kind, subject), facts, anew=False) is not None


async def alert_while(
    tx: Tx, shop: Shop, kind: AlertKind, panel: str, now: datetime, *, on: bool, **facts: str | int
) -> None:
    """Keep a panel's alert of a kind in step with its condition."""
    if on:
        await raise_alert(tx, shop, Alert.about(kind, panel, {"panel": panel, **facts}), now)
    else:
        await end_alert(tx, kind, panel, now)


async def alert_about_payment(
    tx: Tx, shop: Shop, kind: AlertKind, payment: Payment, now: datetime, *, on: bool, detail: str = ""
) -> None:  # fmt: skip
    """Keep an alert about a payment in step with its condition."""
    if not on:
        await end_alert(tx, kind, payment.id, now)
        return
    said = detail or f"{spelled(payment.received, payment.currency)} ({payment.payment_id})"
    facts: Facts = {"payment": payment.id, "gateway": payment.gateway.value, "detail": said}
    await raise_alert(tx, shop, Alert.about(kind, payment.id, facts), now)


async def alert_operators(shop: Shop, alert: Alert, now: datetime) -> bool:
    """Raise an alert in a transaction of its own."""

    async def work(tx: Tx) -> bool:
        return await raise_alert(tx, shop, alert, now)

    raised = await shop.db.write(work)
    shop.bells.notices.ring()
    return raised
