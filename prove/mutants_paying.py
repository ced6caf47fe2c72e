"""Mutants of paying in: money that comes twice, is believed, lost, given back for nothing or forgotten."""

from __future__ import annotations

from typing import Final

from prove.mutant import Edit, Mutant, without

_TOPUPS: Final = "bot.engine.topups"
_REFUNDING: Final = "bot.engine.refunding"
_KNOWN: Final = (
    "    if known := await payments.known(tx, paid.gateway, paid.payment_id):\n"
    "        return Recorded(known, await _topup_of(tx, known), fresh=False)\n"
)
_DEBIT: Final = "    await wallet.write(tx, ledger.refund(asked.id, payment.gateway, asked.customer_id, amount), now)\n"
_LATER: Final = "            wait = said.after or min(_BACKOFF_FIRST * (1 << min(refund.tries, 16)), _BACKOFF_MOST)\n"

PAYING: Final = (
    Mutant(
        "credit-twice", "a payment is credited each time it is told",
        (Edit(_TOPUPS, _KNOWN, ""),
         Edit("storage.payments", " ON CONFLICT (gateway, payment_id) DO NOTHING RETURNING id", " RETURNING id"),
         Edit("bot.domain.wallet", "Transfer(f\"dep:{gateway.value}:{payment_id}\"",
              "Transfer(f\"dep:{gateway.value}:{payment_id}:{time.monotonic_ns()}\""),
         Edit("bot.domain.wallet", "from enum import StrEnum\n", "import time\nfrom enum import StrEnum\n"),
         without("    at INTEGER NOT NULL,\n    UNIQUE (gateway, payment_id)", "    at INTEGER NOT NULL")),
    ),
    Mutant(
        "credit-what-was-asked", "what is credited is what was asked for, whatever was paid",
        (Edit("bot.domain.topups", "    if received == topup.asked:\n", "    if received > 0:\n"),), "deposits",
    ),
    Mutant(
        "credit-the-payer", "a payment is whoever's its token says, in whatever currency it was made",
        (Edit("bot.domain.topups", "        topup.gateway is paid.gateway\n"
              "        and topup.currency == paid.currency\n"
              "        and paid.payer in (None, str(topup.customer_id))\n", "        paid.token == topup.token\n"),),
        "deposits",
    ),
    Mutant(
        "late-dropped", "money that comes for a top-up whose time is over is not credited",
        (Edit(_TOPUPS, _KNOWN, _KNOWN + "    if (now - paid.paid_at).total_seconds() > 3600:\n"
              "        return Recorded(None, None, fresh=False)  # type: ignore[arg-type]\n"),), "deposits",
    ),
    Mutant(
        "anything-passes", "whoever is about to pay is let through, whatever the invoice was",
        (Edit(_TOPUPS, "        if (total, currency) != (topup.asked, topup.currency):\n", "        if total < 0:\n"),),
    ),
    Mutant(
        "refund-without-debit", "a payment goes back and stays in the wallet",
        (Edit(_REFUNDING, _DEBIT, ""),),
    ),
    Mutant(
        "lost-refund-is-refused", "a refund nobody answered goes back into the wallet, as if the gateway had refused",
        (Edit(_REFUNDING, _LATER, "            if await refunds.end(tx, refund, RefundState.FAILED, said.text, now):\n"
              "                await _failed(tx, shop, refund, payment, said.text, now)\n"
              "            return\n" + _LATER),), "deposits",
    ),
    Mutant(
        "chargeback-forgotten", "a payment that was taken back stays in the wallet",
        (Edit("bot.engine.reversals", "        return await _took_back(tx, shop, payment, now)\n",
              "        return Reversal.KNOWN\n"),),
    ),
    Mutant(
        "debt-forgotten", "what was taken back and is spent by then is owed by nobody",
        (Edit("bot.engine.debts", "    await customers.owe(tx, customer_id, amount)\n",
              "    have = await wallet.balances(tx, customer_id)\n"
              "    await customers.owe(tx, customer_id, min(amount, have.available))\n"),), "deposits",
    ),
    Mutant(
        "stars-first", "an order takes the Stars credit before other money",
        (Edit("bot.engine.ordering", "    return max(ZERO, quote.charge - found.balances.own)\n",
              "    return min(found.balances.stars, quote.charge)\n"),),
    ),
    Mutant(
        "pull-sees-no-payments", "what no update told of is not read from Telegram's list either",
        (Edit("bot.engine.star_books", "            news += await _pay_in(shop, fact, now)\n",
              "            continue\n"),),
    ),
    Mutant(
        "pull-sees-no-returns", "Telegram's list is read for what came, and not for what went back",
        (Edit("bot.engine.star_books", "            news += await reversals.took_back(shop, Gateway.STARS, "
              "fact.payment_id, now) is not Reversal.KNOWN\n", "            continue\n"),),
    ),
    Mutant(
        "voucher-without-count", "a voucher's uses are looked at, not counted down",
        (Edit("storage.vouchers", "used + 1 WHERE id = $1 AND used < uses AND", "used + 1 WHERE id = $1 AND"),
         without("used INTEGER NOT NULL DEFAULT 0 CHECK (used BETWEEN 0 AND uses)", "used INTEGER NOT NULL DEFAULT 0")),
        "vouchers",
    ),
    Mutant(
        "voucher-again", "one customer may use a voucher as often as it has uses",
        (Edit("bot.engine.vouchers", "    if voucher is not None and before >= voucher.each:\n",
              "    if voucher is not None and before >= voucher.uses:\n"),),
        "vouchers",
    ),
)  # fmt: skip
