"""Fixtures of the sandbox's tests: the browser for the chat page."""

from tests.sandbox.page_browser import chromium, desktop, scene, stub_server

__all__ = ["chromium", "desktop", "scene", "stub_server"]
