from collections import Counter
from dataclasses import replace
from decimal import Decimal
from itertools import groupby

import pytest

from bot.sandbox.panel import Dialect, PanelConfig
from bot.sandbox.panel.catalogue import Catalogue, Change, ServiceType
from bot.sandbox.panel.generation import generate
from tests.sandbox.panel_kit import running

CONFIG = PanelConfig("p", Dialect.FIXEDMEMBER, "k", 11)
MANY = 10_000


def of_seed(seed: int, count: int = 60):
    return generate(replace(CONFIG, seed=seed), count)


def test_the_same_seed_gives_the_same_catalogue_and_another_seed_another():
    assert of_seed(1) == of_seed(1)
    assert of_seed(1) != of_seed(2)


def test_a_longer_catalogue_holds_all_of_a_shorter_one():
    assert set(of_seed(1, 40)) < set(of_seed(1, 400))


@pytest.mark.parametrize("seed", range(5))
def test_a_panels_catalogue_has_every_type_and_mostly_default(seed):
    types = Counter(service.type for service in of_seed(seed))
    assert set(types) == set(ServiceType)
    large = Counter(service.type for service in of_seed(seed, 2000))
    assert large[ServiceType.DEFAULT] > 1500
    assert min(large[ServiceType.PACKAGE], large[ServiceType.CUSTOM_COMMENTS]) > 50


@pytest.mark.parametrize("seed", range(5))
def test_the_first_services_are_cheap_plain_and_small(seed):
    for service in of_seed(seed)[:2]:
        assert service.type is ServiceType.DEFAULT
        assert 10 <= service.min <= 100
        assert Decimal(service.rate) < 1
        assert service.name.isprintable()


def test_rates_and_bounds_are_plausible():
    for service in of_seed(5, 3000):
        assert Decimal("0.04") <= Decimal(service.rate) <= 20
        assert 1 <= service.min <= service.max
        assert len(service.name) <= 300


def test_names_hold_the_difficult_characters_of_the_world():
    names = " ".join(service.name for service in of_seed(3))
    for piece in ("<b>", "&", "🚀", "ผู้ติดตาม", "مشاهدات", "İ"):
        assert piece in names
    assert max(len(service.name) for service in of_seed(3)) > 150


def test_nothing_is_claimed_of_what_is_sold():
    text = " ".join(f"{s.name} {s.category} {s.description}" for s in of_seed(4, 3000)).lower()
    for claim in ("real", "guarant", "best", "quality", "cheapest", "safe"):
        assert claim not in text.split()
        assert f"{claim} " not in text


def test_panels_share_some_categories_and_differ_in_others_and_in_prices():
    first, second, third = ({service.category for service in of_seed(seed)} for seed in (1, 2, 3))
    assert {"Framely Followers", "Framely Likes", "Chirpline Followers"} <= first & second & third
    assert first - second
    assert second - third
    assert [s.rate for s in of_seed(1)[:6]] != [s.rate for s in of_seed(2)[:6]]


def test_the_services_of_a_category_stand_together():
    categories = [category for category, _ in groupby(service.category for service in of_seed(6, 500))]
    assert len(categories) == len(set(categories))


def test_a_multiplier_moves_every_rate():
    dear = generate(replace(CONFIG, rate_multiplier="10"), 60)
    assert all(Decimal(high.rate) > Decimal(low.rate) for high, low in zip(dear, generate(CONFIG, 60), strict=True))


def test_changes_by_hand_outlive_a_new_count():
    catalogue = Catalogue(of_seed(1))
    catalogue.change({1: Change(rate="9.99"), 2: Change(removed=True), 3: Change(refill=True, cancel=False)})
    catalogue.regenerate(of_seed(1, 30))
    assert catalogue.on_sale[1].rate == "9.99"
    assert 2 not in catalogue.on_sale
    assert (catalogue.on_sale[3].refill, catalogue.on_sale[3].cancel) == (True, False)
    assert len(catalogue.on_sale) == 29


@pytest.mark.parametrize(("dialect", "field"), [(Dialect.MARKENETS, "desc"), (Dialect.SOSYALZIRVEMEDYA, "description")])
async def test_some_services_carry_a_description(dialect, field):
    async with running(dialect) as client:
        described = [field in row for row in await client.api("services")]
        assert any(described)
        assert not all(described)


async def test_ten_thousand_services_come_in_one_answer():
    async with running(services=MANY) as client:
        rows = await client.api("services")
        assert len({row["service"] for row in rows}) == MANY
        assert len({row["category"] for row in rows}) > 60
        assert (await client.state())["services"] == MANY
