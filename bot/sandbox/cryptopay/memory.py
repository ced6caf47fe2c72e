"""What the gateway remembers between two runs: everything but its faults and its journal."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bot.sandbox.cryptopay.book import IDS_SKIPPED, Book, Invoice, Switches, Transfer
from bot.sandbox.memory import Memory


@dataclass(frozen=True, slots=True)
class SavedGateway:
    """The file; another `format` than this is not read."""

    format: Literal[1]
    invoices: list[Invoice]
    transfers: list[Transfer]
    balances: dict[str, str]
    switches: Switches
    next_id: int


def gateway_memory(book: Book, path: Path) -> Memory[SavedGateway]:
    """The gateway's memory in a file of its own."""
    return Memory(path, SavedGateway, lambda: _snapshot(book), lambda saved: _restore(book, saved))


def _snapshot(book: Book) -> SavedGateway:
    invoices = [*book.invoices.values()]
    return SavedGateway(1, invoices, book.transfers, book.balances, book.switches, book.next_id)


def _restore(book: Book, saved: SavedGateway) -> None:
    book.invoices = {invoice.id: invoice for invoice in saved.invoices}
    book.transfers, book.balances, book.switches = saved.transfers, saved.balances, saved.switches
    book.next_id = saved.next_id + IDS_SKIPPED
