"""A stand-in for the gateway Crypto Pay: its API, a page where invoices are paid, and its webhook."""

from bot.sandbox.cryptopay.config import CryptoPayConfig
from bot.sandbox.cryptopay.server import create_cryptopay, serve_cryptopay

__all__ = ["CryptoPayConfig", "create_cryptopay", "serve_cryptopay"]
