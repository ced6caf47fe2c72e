"""Makes a catalogue that reads like a panel's from a seed: the same seed always gives the same services.

Every service is drawn from its own index, so a longer catalogue holds all of a shorter one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from bot.sandbox.panel import words
from bot.sandbox.panel.amounts import decimal_of
from bot.sandbox.panel.catalogue import Service, ServiceType
from bot.sandbox.panel.config import PanelConfig
from bot.sandbox.panel.words import COMMENTS, KINDS, MENTIONS, PACKAGES, Kind

_SMALLEST_RATE = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class _Draft:
    """A service before its rate, marks and description are drawn."""

    network: str
    kind: Kind
    type: ServiceType = ServiceType.DEFAULT
    #: None: drawn from network, kind and marks
    name: str | None = None
    #: None: network and kind
    category: str | None = None
    refill: bool | None = None


@dataclass(frozen=True, slots=True)
class _Marks:
    """The plain facts behind a name."""

    refill_days: int
    speed: str
    start: str
    place: str


def _plain(low: int, high: int, name: str) -> Kind:
    """Cheap and small: what a first order in a demo is made of."""
    return Kind(name, low, high, 10 if name != "Views" else 100, 10_000)


def _few(name: str, low: int) -> Kind:
    """A rarer kind, at up to five times its lowest rate."""
    return Kind(name, low, low * 5, 5, 10_000, refills=False)


_FOLLOWERS, _LIKES, _VIEWS = _plain(4000, 9000, "Followers"), _plain(1000, 3000, "Likes"), _plain(500, 900, "Views")

_DEMO = (
    _Draft("Framely", _FOLLOWERS, name="Framely Followers · Refill 30 days · up to 5K/day", refill=True),
    _Draft("Framely", _FOLLOWERS, name="Framely Followers · No refill · up to 2K/day", refill=False),
    _Draft("Framely", _LIKES, name="Framely Likes · No refill · up to 10K/day", refill=False),
    _Draft("Chirpline", _FOLLOWERS, name="Chirpline Followers · Refill 30 days · up to 1K/day", refill=True),
    _Draft("Tubely", _VIEWS, name="Tubely Views · Refill 30 days · up to 50K/day", refill=True),
)
_PACKAGE = _Draft("Framely", PACKAGES, ServiceType.PACKAGE, "Framely Starter Package · 500 Followers + 50 Likes")
_CUSTOM_COMMENTS = _Draft(
    "Framely", COMMENTS, ServiceType.CUSTOM_COMMENTS, "Framely Comments · your own texts · up to 200/day"
)
_WRITTEN = (
    _Draft("Framely", KINDS[1], name=words.HTML_NAME, refill=False),
    _Draft("Framely", KINDS[0], name=words.THAI_NAME, refill=True),
    _Draft("Tubely", KINDS[2], name=words.ARABIC_NAME, refill=False),
    _Draft("Chirpline", KINDS[1], name=words.TURKISH_NAME, refill=True),
    _Draft("Tubely", KINDS[2], name=words.EMOJI_NAME, refill=False),
    _Draft("Chirpline", KINDS[0], name=words.LONG_NAME, refill=True),
)
_RARE = (
    _Draft("Chirpline", MENTIONS, ServiceType.MENTIONS),
    _Draft("Chirpline", MENTIONS, ServiceType.MENTIONS_WITH_HASHTAGS),
    _Draft("Chirpline", replace(MENTIONS, min=5), ServiceType.MENTIONS_CUSTOM_LIST),
    _Draft("Chirpline", MENTIONS, ServiceType.MENTIONS_HASHTAG),
    _Draft("Chirpline", MENTIONS, ServiceType.MENTIONS_USER_FOLLOWERS),
    _Draft("Chirpline", MENTIONS, ServiceType.MENTIONS_MEDIA_LIKERS),
    _Draft("Tubely", _few("Comment Likes", 8000), ServiceType.COMMENT_LIKES, category="Tubely Comments"),
    _Draft("Tubely", _few("Comment Replies", 40000), ServiceType.COMMENT_REPLIES, category="Tubely Comments"),
    _Draft("Chirpline", _few("Poll Votes", 5000), ServiceType.POLL, category="Chirpline Polls"),
    _Draft("Nestchat", _few("Invites from Groups", 20000), ServiceType.INVITES_FROM_GROUPS),
    _Draft("Framely", _few("Likes on new posts", 3000), ServiceType.SUBSCRIPTIONS, category="Framely Subscriptions"),
    _Draft("Website", _few("Visits", 1000), ServiceType.WEB_TRAFFIC, category="Website Traffic"),
    _Draft("Website", _few("Search Clicks", 5000), ServiceType.SEO, category="Website Traffic"),
    _Draft("Framely", PACKAGES, ServiceType.CUSTOM_COMMENTS_PACKAGE, "Framely 10 Comments Package · your own texts"),
)
_OPENING = (*_DEMO, _PACKAGE, _CUSTOM_COMMENTS, *_WRITTEN, *_RARE)


def generate(config: PanelConfig, count: int) -> tuple[Service, ...]:
    """The first `count` services of this panel, each category's together."""
    networks = _networks(config.seed)
    style = words.CATEGORY_STYLES[config.seed % len(words.CATEGORY_STYLES)]
    multiplier = decimal_of(config.rate_multiplier)
    services = [_service(config.seed, index, networks, style, multiplier) for index in range(count)]
    rank = {category: n for n, category in enumerate(dict.fromkeys(s.category for s in services))}
    return tuple(sorted(services, key=lambda service: rank[service.category]))


def _networks(seed: int) -> tuple[str, ...]:
    own = Random(f"{seed}:networks").sample(words.OTHER_NETWORKS, words.NETWORKS_OF_ONE_PANEL)
    return (*words.SHARED_NETWORKS, *own)


def _service(seed: int, index: int, networks: tuple[str, ...], style: str, multiplier: Decimal) -> Service:
    random = Random(f"{seed}:{index}")
    draft = _OPENING[index] if index < len(_OPENING) else _draw(random, index, networks, style)
    marks = _draw_marks(random, draft)
    refill = marks.refill_days > 0
    return Service(
        id=index + 1,
        name=draft.name or _name(draft, marks),
        type=draft.type,
        category=draft.category or f"{draft.network} {draft.kind.name}",
        rate=_rate(random, draft.kind, multiplier),
        min=draft.kind.min,
        max=draft.kind.max * (random.choice(words.MAXIMA) if draft.kind.max > 1 else 1),
        refill=refill,
        cancel=draft.kind is _FOLLOWERS or random.random() < 0.6,
        description=_description(draft, marks) if random.random() < 0.4 else None,
    )


def _draw(random: Random, index: int, networks: tuple[str, ...], style: str) -> _Draft:
    """Mostly Default, some with texts of one's own, some packages."""
    small = index < words.SMALL_CATALOGUE
    network = random.choice(networks[: words.NETWORKS_OF_A_SMALL_ONE] if small else networks)
    kind = random.choice(KINDS[: words.KINDS_OF_A_SMALL_ONE] if small else KINDS)
    chance = random.random()
    if chance < 0.07:
        return _draw_package(random, network, style)
    type_ = ServiceType.DEFAULT
    if chance < 0.16:
        kind, type_ = COMMENTS, ServiceType.CUSTOM_COMMENTS
    return _Draft(network, kind, type_, category=_category(network, kind, style))


def _draw_package(random: Random, network: str, style: str) -> _Draft:
    followers, likes = random.choice((100, 250, 500, 1000)), random.choice((50, 100, 200))
    name = f"{network} Package · {followers} Followers + {likes} Likes"
    return _Draft(network, PACKAGES, ServiceType.PACKAGE, name, _category(network, PACKAGES, style))


def _category(network: str, kind: Kind, style: str) -> str:
    """Networks that all panels sell have plain names everywhere, so that panels meet in one category."""
    own_style = "{network} {kind}" if network in words.SHARED_NETWORKS else style
    return own_style.format(network=network, kind=kind.name)


def _draw_marks(random: Random, draft: _Draft) -> _Marks:
    days = random.choice(words.REFILL_DAYS) if draft.kind.refills else 0
    if draft.refill is not None:
        days = 30 if draft.refill else 0
    speeds = [written for a_day, written in words.SPEEDS if a_day <= max(draft.kind.max, 100)]
    return _Marks(days, random.choice(speeds), random.choice(words.STARTS), random.choice(words.PLACES))


def _name(draft: _Draft, marks: _Marks) -> str:
    return " · ".join(_name_parts(draft, marks))


def _name_parts(draft: _Draft, marks: _Marks) -> Iterator[str]:
    title = f"{draft.network} {draft.kind.name}"
    yield title
    if draft.type is not ServiceType.DEFAULT and draft.type.value not in title:
        yield draft.type.value
    if marks.place:
        yield marks.place
    if draft.kind.refills:
        yield f"Refill {marks.refill_days} days" if marks.refill_days else "No refill"
    yield f"up to {marks.speed}/day"


def _rate(random: Random, kind: Kind, multiplier: Decimal) -> str:
    """A rate as panels write it: two to four decimals, or none when it is a whole number."""
    cheap_more_often = random.randint(kind.low, random.randint(kind.low, kind.high))
    rate = Decimal(cheap_more_often).scaleb(-4) * multiplier
    places = random.choice((2, 2, 2, 3, 4))
    rounded = max(_SMALLEST_RATE, rate.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))
    whole = rounded.to_integral_value()
    return f"{whole:f}" if whole == rounded else f"{rounded:f}"


def _description(draft: _Draft, marks: _Marks) -> str:
    host = draft.network.lower()
    refill = f"{marks.refill_days} days" if marks.refill_days else "none"
    return (
        f"Start: {marks.start}\nSpeed: up to {marks.speed} a day\nRefill: {refill}\n"
        f"Link: https://{host}.example/your_page"
    )
