"""Where an application keeps its panel."""

from aiohttp import web

from bot.sandbox.panel.panel import Panel

PANEL = web.AppKey("panel", Panel)
