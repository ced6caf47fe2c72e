"""How the gateway writes what it knows, field by field as its API does."""

from datetime import UTC, datetime

from bot.sandbox.cryptopay.book import COIN_DECIMALS, Book, Invoice, Transfer


def moment(at: datetime) -> str:
    """A moment as the gateway writes it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def invoice_row(invoice: Invoice, page: str, now: datetime) -> dict[str, object]:
    """One invoice; `page` is where it is paid."""
    row: dict[str, object] = {
        "invoice_id": invoice.id,
        "hash": invoice.hash,
        "currency_type": "fiat",
        "fiat": invoice.fiat,
        "amount": invoice.amount,
        "bot_invoice_url": page,
        "mini_app_invoice_url": page,
        "web_app_invoice_url": page,
        "pay_url": page,
        "status": invoice.status(now).value,
        "created_at": moment(invoice.created_at),
        "allow_comments": False,
        "allow_anonymous": True,
    }
    if invoice.payload:
        row["payload"] = invoice.payload
    if invoice.description:
        row["description"] = invoice.description
    if invoice.expires_at is not None:
        row["expiration_date"] = moment(invoice.expires_at)
    if invoice.paid_at is not None:
        row |= {
            "paid_at": moment(invoice.paid_at),
            "paid_anonymously": True,
            "paid_asset": invoice.paid_asset,
            "paid_amount": invoice.paid_amount,
        }
    return row


def transfer_row(transfer: Transfer) -> dict[str, object]:
    """One transfer."""
    return {
        "transfer_id": transfer.id,
        "spend_id": transfer.spend_id,
        "user_id": str(transfer.user_id),
        "asset": transfer.asset,
        "amount": transfer.amount,
        "status": "completed",
        "completed_at": moment(transfer.completed_at),
    }


def rate_rows(book: Book) -> list[dict[str, object]]:
    """Every coin in every fiat currency."""
    return [
        {
            "is_valid": True,
            "is_crypto": True,
            "is_fiat": False,
            "source": coin,
            "target": fiat,
            "rate": f"{book.rate(coin, fiat):f}",
        }
        for coin in book.config.coins
        for fiat in book.config.fiats
    ]


def currency_rows(book: Book) -> list[dict[str, object]]:
    """Every currency."""
    coins = [
        {"is_blockchain": True, "is_stablecoin": coin == "USDT", "is_fiat": False, "code": coin, "name": coin}
        | {"decimals": COIN_DECIMALS}
        for coin in book.config.coins
    ]
    fiats = [
        {"is_blockchain": False, "is_stablecoin": False, "is_fiat": True, "code": fiat, "name": fiat, "decimals": 8}
        for fiat in book.config.fiats
    ]
    return [*coins, *fiats]


def balance_rows(book: Book) -> list[dict[str, object]]:
    """What the app has."""
    return [{"currency_code": c, "available": amount, "onhold": "0"} for c, amount in book.balances.items()]
