"""Looking at the catalogue of a workbench, and changing what a panel lists."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from bot.domain.catalog import Offer, Service
from bot.engine import catalogue
from bot.engine.shelf import Catalogue
from bot.engine.shop import Shop
from tests.engine.workshop import LIKES, Workshop, open_shop


def offer(bench: Workshop, service: Service) -> Offer:
    found = bench.shop.shelf.catalogue.offer(bench.number(service))
    assert found is not None
    return found


def at(rate: str, service: Service = LIKES) -> Service:
    return replace(service, rate=Decimal(rate))


def shown(picture: Catalogue) -> dict[str, list[str]]:
    return {c.name: [o.service.name for o in c.offers] for c in picture.categories}


async def restarted(bench: Workshop) -> Shop:
    """What another start reads from the database; the workbench goes on as the newest run."""
    shop = await open_shop(bench.shop.db, bench.shop.terms)
    await catalogue.load(replace(shop, panels=dict.fromkeys(bench.shop.terms.panels)))  # type: ignore[arg-type]
    bench.shop = replace(bench.shop, epoch=shop.epoch)
    return shop
