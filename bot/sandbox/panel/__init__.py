"""A stand-in for an upstream panel: an API v2 server in the documented dialects."""

from bot.sandbox.panel.config import Dialect, PanelConfig
from bot.sandbox.panel.server import create_panel, serve_panel

__all__ = ["Dialect", "PanelConfig", "create_panel", "serve_panel"]
