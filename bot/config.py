"""Settings: read once from the environment or `.env`, validated, frozen, and handed down."""

from __future__ import annotations

import ipaddress
import re
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError


class BadSettings(Exception):
    """The settings cannot be used; `problems` holds one readable line for each bad key, without its value."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _secure_url(url: str) -> str:
    """Refuse addresses that would carry a key over plain HTTP beyond this machine."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be a full address such as https://panel.example/api/v2")
    if parts.username or parts.password:
        raise ValueError("must not carry a user name or password")
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise ValueError("must be https:// (plain http:// is accepted for loopback addresses only)")
    return url.rstrip("/")


def _secure_url_or_none(url: str | None) -> str | None:
    return None if url is None else _secure_url(url)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


_PERSON: Final = re.compile(r"\A[1-9][0-9]{0,15}\Z")
_PANEL_NAME: Final = re.compile(r"\A[a-z0-9_-]{1,32}\Z")
_CURRENCY: Final = re.compile(r"\A[A-Z]{3,5}\Z")
_LISTEN: Final = re.compile(r"\A.+:([0-9]{1,5})\Z")
_PORT_MAX: Final = 65_535
_GATEWAY_TOKEN: Final = re.compile(r"\A[0-9]{1,20}:[A-Za-z0-9_-]{8,128}\Z")
_WEBHOOK_PATH: Final = re.compile(r"\A(/[A-Za-z0-9_-]{1,128}){1,8}\Z")

_Percent = Annotated[Decimal, Field(ge=0, le=10_000, allow_inf_nan=False)]
_Rate = Annotated[Decimal, Field(gt=0, le=10**9, allow_inf_nan=False)]
_Amount = Annotated[Decimal, Field(gt=0, le=10**6, decimal_places=6, allow_inf_nan=False)]
_Seconds = Annotated[float, Field(ge=0.01, le=31 * 86_400, allow_inf_nan=False)]


_SERVERS: Final = ("postgresql://", "postgres://")


def database_address(value: str) -> str:
    """The address of a database as it was given; ValueError, without its password, when it is none."""
    if value.startswith("sqlite:///") or _names_a_server(value):
        return value
    raise ValueError(
        "must be sqlite:///file.db (or sqlite:////absolute/file.db), or postgresql://user:password@host/database"
    )


def shown_address(url: str) -> str:
    """The address of a database as it may be shown: without a password."""
    if not _names_a_server(url):
        return url
    parts = urlsplit(url)
    return (
        f"{parts.scheme}://{parts.netloc.rpartition('@')[2] or parse_qs(parts.query).get('host', [''])[0]}{parts.path}"
    )


def passwords_of(url: str) -> tuple[str, ...]:
    """The password an address holds, as it is written there and as it is meant."""
    if not _names_a_server(url):
        return ()
    parts = urlsplit(url)
    written = [parts.password, *parse_qs(parts.query).get("password", [])]
    return tuple({form: None for word in written if word for form in (word, unquote(word))})


def _names_a_server(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return url.startswith(_SERVERS) and len(parts.path) > 1 and parts.port != 0
    except ValueError:  # a port that is none, a bracket that is open
        return False


class _DatabaseOnly(BaseSettings):
    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, frozen=True, extra="ignore")

    database_url: str = Field("sqlite:///panelgram.db", repr=False)

    _database = field_validator("database_url")(database_address)


class PanelSettings(BaseModel):
    """One upstream panel: `PANELS__<NAME>__…`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: str
    key: SecretStr = Field(min_length=1)
    #: What the panel's `services` rates are in; its balance says it where this is unset.
    currency: str | None = Field(None, pattern=r"^[A-Z]{3,5}$")
    #: What a canceled order gives back: the whole charge, or only the undelivered part.
    canceled_returns: Literal["charge", "remains"] = "charge"
    #: Below this balance, in the panel's currency, the operator is alerted.
    low_balance: Annotated[Decimal, Field(ge=0)] = Decimal(5)
    # What the panel can do; unset is learned from what it answers.
    multi_status: bool | None = None
    multi_refill: bool | None = None
    multi_refill_status: bool | None = None
    cancel: bool | None = None

    _url = field_validator("url")(_secure_url)


class Settings(BaseSettings):
    """Everything that can be set, by the names of `.env.example`."""

    model_config = SettingsConfigDict(
        env_nested_delimiter="__",
        env_file=".env",
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
    )

    bot_token: SecretStr
    operator_ids: Annotated[tuple[int, ...], NoDecode]
    panels: dict[str, PanelSettings] = Field(min_length=1)
    #: Of a server it holds a password.
    database_url: str = Field("sqlite:///panelgram.db", repr=False)
    #: Where panels' answers are kept until they are in the database, of a server; a SQLite file has them beside it.
    receipts_dir: Path = Path()
    telegram_api_url: str = "https://api.telegram.org"
    telegram_client: Literal["aiohttp", "httpx"] = "aiohttp"
    shop_name: str = Field("Panelgram", min_length=1, max_length=64)
    currency: str = Field("USD", pattern=r"^[A-Z]{3,5}$")
    money_decimals: int = Field(4, ge=0, le=6)
    markup_percent: _Percent = Decimal(25)
    exchange_rates: dict[str, _Rate] = Field(default_factory=dict)
    catalog_refresh_seconds: _Seconds = 900
    price_jump_percent: Annotated[Decimal, Field(gt=0, le=10_000, allow_inf_nan=False)] = Decimal(50)
    status_poll_seconds: _Seconds = 60
    settle_seconds: _Seconds = 300
    quote_ttl_seconds: _Seconds = 600
    reserve_ttl_seconds: _Seconds = 1800
    #: An unknown order that nobody decided gives its money back then.
    unknown_deadline_hours: Annotated[float, Field(gt=0, le=72, allow_inf_nan=False)] = 24
    #: Above this an operator moves no money alone, in shop currency; unset: each may move any amount.
    second_operator_above: Annotated[Decimal, Field(ge=0, le=10**9, decimal_places=6, allow_inf_nan=False)] | None = (
        None
    )
    #: What customers may pay in at a time, and the amounts that take one tap, in shop currency.
    topup_min: _Amount = Decimal(1)
    topup_max: _Amount = Decimal(1000)
    topup_amounts: Annotated[tuple[_Amount, ...], NoDecode] = (Decimal(5), Decimal(10), Decimal(25), Decimal(50))
    #: So long an invoice can be paid.
    topup_ttl_seconds: _Seconds = 3600
    #: So long Telegram can take Stars back.
    stars_hold_days: Annotated[float, Field(ge=0, le=365, allow_inf_nan=False)] = 21
    #: So much of Stars credit that is younger a customer may spend, in shop currency; unset: all of it.
    stars_spend_at_once: Annotated[Decimal, Field(ge=0, le=10**9, decimal_places=6, allow_inf_nan=False)] | None = None
    #: An order that by all evidence was never placed gives its money back after an hour.
    release_on_evidence: bool = False
    shutdown_seconds: _Seconds = 8
    web_listen: str | None = None
    #: The token of the shop's app at Crypto Pay; unset: the gateway is off.
    crypto_pay_token: SecretStr | None = None
    crypto_pay_testnet: bool = False
    #: Another place than the gateway's own: a sandbox's.
    crypto_pay_api_url: str | None = None
    #: The path under `web_listen` that the gateway calls; unset: it is asked, and calls nobody.
    crypto_pay_webhook: str | None = None
    #: Where a backup is written every day; unset is off.
    backup_folder: Path | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["text", "json"] = "text"

    _url = field_validator("telegram_api_url")(_secure_url)
    _gateway_url = field_validator("crypto_pay_api_url")(_secure_url_or_none)
    _database = field_validator("database_url")(database_address)

    @field_validator("bot_token")
    @classmethod
    def _token_shape(cls, token: SecretStr) -> SecretStr:
        number, _, rest = token.get_secret_value().partition(":")
        if not (number.isascii() and number.isdigit() and rest and "/" not in rest):
            raise ValueError("must look like 123456:ABC-DEF, as BotFather gives it")
        return token

    @field_validator("operator_ids", mode="before")
    @classmethod
    def _ids(cls, value: object) -> tuple[int, ...]:
        """Each once, in the order given: an operator named twice is told everything once."""
        parts = value if isinstance(value, list | tuple) else str(value).split(",")
        words = [str(part).strip() for part in parts]
        if not words or not all(map(_PERSON.match, words)):
            raise ValueError("must be numeric Telegram ids of people, at least one, comma separated, such as 1,2")
        return tuple(dict.fromkeys(map(int, words)))

    @field_validator("second_operator_above")
    @classmethod
    def _two(cls, value: Decimal | None, info: ValidationInfo) -> Decimal | None:
        operators = info.data.get("operator_ids")
        if value is not None and operators is not None and len(operators) < 2:
            raise ValueError("needs a second operator: name at least two in OPERATOR_IDS, or leave it unset")
        return value

    @field_validator("topup_amounts", mode="before")
    @classmethod
    def _amounts(cls, value: object) -> object:
        return value if isinstance(value, list | tuple) else [part.strip() for part in str(value).split(",")]

    @field_validator("topup_max")
    @classmethod
    def _order(cls, value: Decimal, info: ValidationInfo) -> Decimal:
        least = info.data.get("topup_min")
        if least is not None and value < least:
            raise ValueError("must not be below TOPUP_MIN")
        return value

    @field_validator("panels", "exchange_rates", mode="before")
    @classmethod
    def _names(cls, value: object) -> object:
        """Names are case-insensitive: panels are kept in lower case, currencies in upper."""
        if not isinstance(value, dict):
            return value
        return {str(name).lower(): entry for name, entry in value.items()}

    @field_validator("exchange_rates")
    @classmethod
    def _currencies(cls, value: dict[str, Decimal]) -> dict[str, Decimal]:
        rates = {name.upper(): rate for name, rate in value.items()}
        if not all(map(_CURRENCY.match, rates)):
            raise ValueError("must be named by currency codes, such as EXCHANGE_RATES__EUR")
        return rates

    @field_validator("panels")
    @classmethod
    def _panel_names(cls, value: dict[str, PanelSettings]) -> dict[str, PanelSettings]:
        if not all(map(_PANEL_NAME.match, value)):
            raise ValueError("must have names of at most 32 letters a-z, digits, - and _, such as PANELS__MAIN__URL")
        return value

    @field_validator("web_listen")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        found = _LISTEN.match(value)
        if found is None or not 1 <= int(found[1]) <= _PORT_MAX:
            raise ValueError("must be an address and a port from 1 to 65535, such as 127.0.0.1:8081")
        return value

    @field_validator("crypto_pay_token")
    @classmethod
    def _gateway_token(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and not _GATEWAY_TOKEN.match(token.get_secret_value()):
            raise ValueError("must look like 12345:AAbbCC, as Crypto Pay gives it")
        return token

    @field_validator("crypto_pay_webhook")
    @classmethod
    def _webhook(cls, path: str | None, info: ValidationInfo) -> str | None:
        if path is None:
            return None
        if not _WEBHOOK_PATH.match(path) or path == "/healthz":
            raise ValueError("must be a path of letters, digits, - and _, such as /cryptopay/long-and-hard-to-guess")
        if info.data.get("crypto_pay_token") is None or info.data.get("web_listen") is None:
            raise ValueError("needs CRYPTO_PAY_TOKEN and WEB_LISTEN")
        return path

    def secrets(self) -> tuple[str, ...]:
        """Every value that must never be shown, for the log's masks."""
        keys = (panel.key.get_secret_value() for panel in self.panels.values())
        gateway = (token.get_secret_value() for token in (self.crypto_pay_token,) if token is not None)
        return (self.bot_token.get_secret_value(), *keys, *gateway, *passwords_of(self.database_url))


def load(env_file: Path | None = Path(".env")) -> Settings:
    """Read the settings. Raises BadSettings with one line for each bad key."""
    try:
        return Settings(_env_file=env_file)
    except ValidationError as error:
        raise BadSettings(sorted({_line(tuple(e["loc"]), e["msg"]) for e in error.errors()})) from None
    except SettingsError as error:
        raise BadSettings([str(error).splitlines()[0]]) from None


def load_database_url(env_file: Path | None = Path(".env")) -> str:
    """Read the one setting an audit needs. Raises BadSettings."""
    try:
        return _DatabaseOnly(_env_file=env_file).database_url
    except ValidationError as error:
        raise BadSettings([_line(tuple(e["loc"]), e["msg"]) for e in error.errors()]) from None


def _line(location: tuple[int | str, ...], message: str) -> str:
    key = "__".join(str(part).upper() for part in location if not (isinstance(part, str) and part.startswith("[")))
    text = message.removeprefix("Value error, ")
    return f"{key}: {'is required' if text == 'Field required' else text}"
