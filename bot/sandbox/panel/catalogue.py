"""A panel's services: generated from the seed, changed by hand."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum


class ServiceType(StrEnum):
    """Every type of the API's `add` tables, as the wire writes it."""

    DEFAULT = "Default"
    PACKAGE = "Package"
    SEO = "SEO"
    CUSTOM_COMMENTS = "Custom Comments"
    CUSTOM_COMMENTS_PACKAGE = "Custom Comments Package"
    MENTIONS = "Mentions"
    MENTIONS_WITH_HASHTAGS = "Mentions with Hashtags"
    MENTIONS_CUSTOM_LIST = "Mentions Custom List"
    MENTIONS_HASHTAG = "Mentions Hashtag"
    MENTIONS_USER_FOLLOWERS = "Mentions User Followers"
    MENTIONS_MEDIA_LIKERS = "Mentions Media Likers"
    COMMENT_LIKES = "Comment Likes"
    POLL = "Poll"
    COMMENT_REPLIES = "Comment Replies"
    INVITES_FROM_GROUPS = "Invites from Groups"
    SUBSCRIPTIONS = "Subscriptions"
    WEB_TRAFFIC = "Web Traffic"


@dataclass(frozen=True, slots=True)
class Service:
    """One thing the panel sells."""

    id: int
    name: str
    type: ServiceType
    category: str
    #: price per 1000, or of one package; decimal text as the wire shows it
    rate: str
    min: int
    max: int
    refill: bool
    cancel: bool
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What a hand changed about one service; None leaves it as it is."""

    rate: str | None = None
    name: str | None = None
    removed: bool = False
    refill: bool | None = None
    cancel: bool | None = None


class Catalogue:
    """The services on sale: those generated, with the changes made by hand on top."""

    def __init__(self, generated: tuple[Service, ...]) -> None:
        #: what hands changed, by service id
        self.changes: dict[int, Change] = {}
        self._generated = generated
        #: grows with every change, so that an encoded copy can tell whether it is stale
        self.version = 0
        self._on_sale = self._apply()

    @property
    def generated(self) -> int:
        """How many services there are before any is removed by hand."""
        return len(self._generated)

    @property
    def on_sale(self) -> Mapping[int, Service]:
        """Services by id, in the order the panel lists them."""
        return self._on_sale

    def regenerate(self, generated: tuple[Service, ...]) -> None:
        """Takes another set of services; changes made by hand stay."""
        self._generated = generated
        self._renew()

    def change(self, changes: Mapping[int, Change]) -> None:
        """Changes services by id; a later change of the same service replaces the earlier one."""
        self.changes.update(changes)
        self._renew()

    def _renew(self) -> None:
        self.version += 1
        self._on_sale = self._apply()

    def _apply(self) -> dict[int, Service]:
        changed = (self._changed(service) for service in self._generated)
        return {service.id: service for service in changed if service is not None}

    def _changed(self, service: Service) -> Service | None:
        change = self.changes.get(service.id)
        if change is None:
            return service
        if change.removed:
            return None
        return replace(
            service,
            rate=change.rate or service.rate,
            name=change.name or service.name,
            refill=service.refill if change.refill is None else change.refill,
            cancel=service.cancel if change.cancel is None else change.cancel,
        )
