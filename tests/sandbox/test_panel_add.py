from decimal import Decimal

import pytest

from bot.sandbox.panel.catalogue import Service, ServiceType
from bot.sandbox.panel.errors import ErrorText, RefusedError
from bot.sandbox.panel.inputs import RULES, read_add
from tests.sandbox.panel_kit import Client, running

LINK = "https://framely.example/a"
#: for each type: a good form without `service`, and the quantity that is charged (None: a flat price)
FORMS: dict[ServiceType, tuple[dict[str, str], int | None]] = {
    ServiceType.DEFAULT: ({"link": LINK, "quantity": "100"}, 100),
    ServiceType.PACKAGE: ({"link": LINK}, None),
    ServiceType.SEO: ({"link": LINK, "quantity": "100", "keywords": "a\nb"}, 100),
    ServiceType.CUSTOM_COMMENTS: ({"link": LINK, "comments": "a\r\nb\n\nc, d\n e \nf\n"}, 5),
    ServiceType.CUSTOM_COMMENTS_PACKAGE: ({"link": LINK, "comments": "a\nb"}, None),
    ServiceType.MENTIONS: ({"link": LINK, "quantity": "20", "usernames": "a\nb"}, 20),
    ServiceType.MENTIONS_WITH_HASHTAGS: (
        {"link": LINK, "quantity": "20", "usernames": "a", "hashtags": "#b"}, 20,
    ),
    ServiceType.MENTIONS_CUSTOM_LIST: ({"link": LINK, "usernames": "a\nb\nc\nd\ne\nf"}, 6),
    ServiceType.MENTIONS_HASHTAG: ({"link": LINK, "quantity": "20", "hashtag": "b"}, 20),
    ServiceType.MENTIONS_USER_FOLLOWERS: ({"link": LINK, "quantity": "20", "username": "b"}, 20),
    ServiceType.MENTIONS_MEDIA_LIKERS: ({"link": LINK, "quantity": "20", "media": LINK}, 20),
    ServiceType.COMMENT_LIKES: ({"link": LINK, "quantity": "20", "username": "b"}, 20),
    ServiceType.POLL: ({"link": LINK, "quantity": "20", "answer_number": "2"}, 20),
    ServiceType.COMMENT_REPLIES: ({"link": LINK, "username": "b", "comments": "a\nb\nc\nd\ne"}, 5),
    ServiceType.INVITES_FROM_GROUPS: ({"link": LINK, "quantity": "100", "groups": "a"}, 100),
    ServiceType.SUBSCRIPTIONS: (
        {"username": "b", "min": "20", "max": "30", "delay": "10", "posts": "3", "expiry": "25/12/2030"}, 0,
    ),
    ServiceType.WEB_TRAFFIC: (
        {"link": LINK, "quantity": "500", "country": "TH", "device": "5", "type_of_traffic": "1",
         "google_keyword": "x"}, 500,
    ),
}  # fmt: skip


async def of_type(client: Client, type_: ServiceType) -> dict[str, str]:
    return next(row for row in await client.api("services") if row["type"] == type_)


async def charged(client: Client, form: dict[str, object]) -> Decimal:
    """What an order took from the balance, which is what its status says it was charged."""
    before = Decimal((await client.api("balance"))["balance"])
    order = await client.add(**form)
    charge = Decimal((await client.api("status", order=order))["charge"])
    assert before - Decimal((await client.api("balance"))["balance"]) == charge
    return charge


@pytest.mark.parametrize("type_", ServiceType)
async def test_every_type_takes_its_form_and_is_charged_by_its_rule(type_):
    form, quantity = FORMS[type_]
    async with running() as client:
        service = await of_type(client, type_)
        before = Decimal((await client.api("balance"))["balance"])
        answer = await client.api("add", service=service["service"], **form)
        charge = Decimal((await client.api("status", order=answer["order"]))["charge"])
        expected = Decimal(service["rate"]) * (1000 if quantity is None else quantity) / 1000
        assert charge == expected.quantize(Decimal("0.00001"))
        assert before - Decimal((await client.api("balance"))["balance"]) == charge


SERVICE = Service(1, "n", ServiceType.DEFAULT, "c", "1", 5, 1000, refill=True, cancel=True)


def as_type(type_: ServiceType) -> Service:
    return Service(1, "n", type_, "c", "1", 5, 1000, refill=True, cancel=True)


@pytest.mark.parametrize(("type_", "missing"), [(type_, f) for type_ in RULES for f in RULES[type_].needs])
def test_every_field_a_type_needs_is_missed(type_, missing):
    form = {**FORMS[type_][0], missing: " "}
    with pytest.raises(RefusedError):
        read_add(as_type(type_), form)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"link": "two words"}, ErrorText.LINK),
        ({"link": "x" * 1001}, ErrorText.LINK),
        ({"quantity": ""}, ErrorText.QUANTITY),
        ({"quantity": "1e3"}, ErrorText.QUANTITY),
        ({"quantity": "-5"}, ErrorText.QUANTITY),
        ({"quantity": "１０"}, ErrorText.QUANTITY),
        ({"quantity": "9" * 5000}, ErrorText.QUANTITY),
        ({"quantity": "4"}, ErrorText.MIN_QUANTITY),
        ({"quantity": "1001"}, ErrorText.MAX_QUANTITY),
        ({"runs": "2"}, ErrorText.REQUEST),
        ({"interval": "30"}, ErrorText.REQUEST),
        ({"runs": "2", "interval": "0"}, ErrorText.REQUEST),
        ({"runs": "11", "interval": "30"}, ErrorText.MAX_QUANTITY),
    ],
)
def test_a_default_order_is_refused_in_the_panels_words(fields, error):
    with pytest.raises(RefusedError) as refused:
        read_add(SERVICE, {"link": LINK, "quantity": "100", **fields})
    assert refused.value.text is error


def test_drip_feed_multiplies_quantity_and_price():
    asked = read_add(SERVICE, {"link": LINK, "quantity": "100", "runs": "10", "interval": "30"})
    assert (asked.quantity, asked.price) == (1000, 100_000)


@pytest.mark.parametrize(
    ("type_", "fields"),
    [
        (ServiceType.WEB_TRAFFIC, {"google_keyword": ""}),
        (ServiceType.WEB_TRAFFIC, {"type_of_traffic": "2"}),
        (ServiceType.WEB_TRAFFIC, {"type_of_traffic": "4"}),
        (ServiceType.WEB_TRAFFIC, {"device": "6"}),
        (ServiceType.SUBSCRIPTIONS, {"min": "40"}),
        (ServiceType.SUBSCRIPTIONS, {"max": "2000"}),
        (ServiceType.SUBSCRIPTIONS, {"delay": "7"}),
        (ServiceType.SUBSCRIPTIONS, {"expiry": "2030-12-25"}),
        (ServiceType.POLL, {"answer_number": "first"}),
        (ServiceType.CUSTOM_COMMENTS, {"comments": "a\nb\nc\nd"}),
    ],
)
def test_the_rarer_types_check_their_own_fields(type_, fields):
    with pytest.raises(RefusedError):
        read_add(as_type(type_), {**FORMS[type_][0], **fields})


async def test_an_order_dearer_than_the_balance_is_refused_and_creates_nothing():
    async with running(balance="0.00001") as client:
        answer = await client.api("add", service=1, link=LINK, quantity=100)
        assert answer == {"error": "neworder.error.not_enough_funds"}
        state = await client.state()
        assert (state["adds"], state["balance"], state["orders"]) == (0, "0.00001", [])


async def test_unknown_and_removed_services_are_refused():
    async with running() as client:
        wrong = {"error": "error.incorrect_service_id"}
        assert await client.api("add", service=999_999, link=LINK, quantity=100) == wrong
        assert await client.api("add", service="1.0", link=LINK, quantity=100) == wrong
        await client.control("services", {"change": {"1": {"remove": True}}})
        assert await client.api("add", service=1, link=LINK, quantity=100) == wrong


async def test_ids_count_up_and_the_charge_is_rate_times_quantity_to_five_decimals():
    async with running(first_order=23501) as client:
        await client.control("services", {"change": {"1": {"rate": "0.8127"}}})
        assert await client.add(quantity=101) == "23501"
        assert await client.add() == "23502"
        assert (await client.api("status", order=23501))["charge"] == "0.08208"
