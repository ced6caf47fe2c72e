"""Settings: explained one by one, with the defaults that are promised, and never showing a secret."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from bot import config
from bot.config import BadSettings, PanelSettings, Settings, load

EXAMPLE = Path(__file__).parent.parent / ".env.example"
TOKEN, KEY = "123456:a-token-nobody-may-read", "a-key-nobody-may-read"
GATEWAY_TOKEN = "31415:a-gateway-token-nobody-may-read"
PANEL = {"url": "https://panel.example/api/v2", "key": KEY}
NEEDED: dict[str, Any] = {"bot_token": TOKEN, "operator_ids": "1", "panels": {"main": PANEL}}
#: What operators can rely on where they set nothing.
DEFAULTS = {
    "database_url": "sqlite:///panelgram.db",
    "telegram_api_url": "https://api.telegram.org",
    "telegram_client": "aiohttp",
    "shop_name": "Panelgram",
    "currency": "USD",
    "money_decimals": 4,
    "markup_percent": Decimal(25),
    "exchange_rates": {},
    "receipts_dir": Path(),
    "catalog_refresh_seconds": 900,
    "price_jump_percent": Decimal(50),
    "status_poll_seconds": 60,
    "settle_seconds": 300,
    "quote_ttl_seconds": 600,
    "reserve_ttl_seconds": 1800,
    "unknown_deadline_hours": 24,
    "second_operator_above": None,
    "topup_min": Decimal(1),
    "topup_max": Decimal(1000),
    "topup_amounts": (Decimal(5), Decimal(10), Decimal(25), Decimal(50)),
    "topup_ttl_seconds": 3600,
    "stars_hold_days": 21,
    "stars_spend_at_once": None,
    "release_on_evidence": False,
    "shutdown_seconds": 8,
    "web_listen": None,
    "crypto_pay_token": None,
    "crypto_pay_testnet": False,
    "crypto_pay_api_url": None,
    "crypto_pay_webhook": None,
    "backup_folder": None,
    "log_level": "INFO",
    "log_format": "text",
}


def made(**more: object) -> Settings:
    return Settings(_env_file=None, **{**NEEDED, **more})


def example_lines() -> dict[str, str]:
    """Every key of .env.example with the value its line shows, whether it is commented out or not."""
    lines = re.findall(r"^#?([A-Z][A-Z_]*[A-Z])=(.*)$", EXAMPLE.read_text(), re.MULTILINE)
    assert len(dict(lines)) == len(lines), "a key has two lines"
    return dict(lines)


def settable() -> set[str]:
    """Every key there is, with MAIN for a panel's name and EUR for a currency."""
    keys = {name.upper() for name in Settings.model_fields} - {"PANELS", "EXCHANGE_RATES"}
    return keys | {f"PANELS__MAIN__{name.upper()}" for name in PanelSettings.model_fields} | {"EXCHANGE_RATES__EUR"}


# .env.example -------------------------------------------------------------------------------------


def test_every_setting_has_a_line_in_the_example_and_every_line_is_a_setting() -> None:
    assert set(example_lines()) == settable()


def test_every_line_of_the_example_stands_under_a_sentence_that_explains_it() -> None:
    explained = False
    for line in EXAMPLE.read_text().splitlines():
        if re.match(r"#?[A-Z][A-Z_]*=", line):
            assert explained, f"{line} is not explained"
        else:
            explained = line.startswith("# ") and not line.startswith("# ---")


def test_the_example_shows_the_defaults() -> None:
    lines = example_lines()
    for name, value in DEFAULTS.items():
        if name not in {
            "exchange_rates",
            "second_operator_above",
            "stars_spend_at_once",
            "web_listen",
            "crypto_pay_token",
            "crypto_pay_api_url",
            "crypto_pay_webhook",
            "backup_folder",
        }:
            shown = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
            assert lines[name.upper()] == (shown.lower() if isinstance(value, bool) else shown), name


def test_the_example_is_a_working_dot_env_once_its_lines_are_uncommented(tmp_path: Path) -> None:
    copy = tmp_path / ".env"
    copy.write_text("\n".join(f"{key}={value}" for key, value in example_lines().items()))
    settings = load(copy)
    assert settings.operator_ids == (1, 2)
    assert settings.panels["main"].cancel is True
    assert settings.exchange_rates == {"EUR": Decimal("1.08")}


# Values -------------------------------------------------------------------------------------------


def test_what_is_not_set_is_as_promised() -> None:
    settings = made()
    assert {name: getattr(settings, name) for name in DEFAULTS} == DEFAULTS
    assert set(DEFAULTS) | set(NEEDED) == set(Settings.model_fields)
    panel = settings.panels["main"]
    assert (panel.currency, panel.canceled_returns, panel.low_balance) == (None, "charge", Decimal(5))
    assert (panel.multi_status, panel.multi_refill, panel.multi_refill_status, panel.cancel) == (None,) * 4


@pytest.mark.parametrize(
    "url",
    ["https://panel.example/api/v2", "http://127.0.0.1:9/api", "http://localhost/api", "http://[::1]:8080/api"],
)
def test_https_anywhere_and_plain_http_on_this_machine_are_addresses(url: str) -> None:
    assert PanelSettings(url=url, key=SecretStr("k")).url == url
    assert made(telegram_api_url=url).telegram_api_url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://panel.example/api/v2", "http://10.0.0.1/api", "http://127.0.0.1.example/api", "http://localhost.example",
        "http://0.0.0.0/api", "ftp://panel.example", "panel.example/api/v2", "https://", "",
        "https://user:password@panel.example/api", "http://127.0.0.1@panel.example/api",
    ],
)  # fmt: skip
def test_whatever_would_carry_a_key_in_the_open_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        PanelSettings(url=url, key=SecretStr("k"))
    with pytest.raises(ValidationError):
        made(telegram_api_url=url)


def test_a_slash_at_the_end_of_an_address_does_not_count() -> None:
    assert made(telegram_api_url="https://telegram.example/").telegram_api_url == "https://telegram.example"


def test_names_of_panels_and_currencies_are_case_insensitive(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {
        "BOT_TOKEN": TOKEN, "OPERATOR_IDS": "1", "PANELS__MainOne__URL": PANEL["url"], "panels__mainone__key": KEY,
        "EXCHANGE_RATES__eur": "1.08",
    }  # fmt: skip
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings = load(None)
    assert list(settings.panels) == ["mainone"]
    assert settings.exchange_rates == {"EUR": Decimal("1.08")}


def test_an_empty_value_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    empty = tmp_path / ".env"
    empty.write_text(f"BOT_TOKEN={TOKEN}\nOPERATOR_IDS=1\nPANELS__A__URL={PANEL['url']}\nPANELS__A__KEY={KEY}\n")
    monkeypatch.setenv("SHOP_NAME", "")
    assert load(empty).shop_name == "Panelgram"


@pytest.mark.parametrize(
    ("text", "ids"), [("1", (1,)), ("1,2", (1, 2)), (" 1 , 2 ", (1, 2)), (7, (7,)), ("2,1,2", (2, 1))]
)
def test_operators_are_listed_with_commas(text: str | int, ids: tuple[int, ...]) -> None:
    assert made(operator_ids=text).operator_ids == ids


@pytest.mark.parametrize(
    "text", ["", ",", "1,", "@iris", "-5", "0", "1.5", "1;2", "+1", "01", "1_0", "\u0661", "1" * 17]
)
def test_whatever_is_no_list_of_people_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        made(operator_ids=text)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status_poll_seconds", 0), ("status_poll_seconds", "nan"), ("settle_seconds", -1), ("shutdown_seconds", "inf"),
        ("markup_percent", -1), ("markup_percent", "NaN"), ("price_jump_percent", 0), ("money_decimals", 7),
        ("currency", "usd"), ("shop_name", "x" * 65), ("exchange_rates", {"EUR": "-1"}), ("panels", {}),
        ("bot_token", "123:"), ("bot_token", "123:a/b"), ("telegram_client", "curl"), ("log_format", "xml"),
        ("database_url", "postgresql://shop"), ("database_url", "postgresql://h:port/d"),
        ("database_url", "Postgresql://h/d"), ("database_url", " postgresql://h/d"), ("database_url", "postgresql:h/d"),
        ("database_url", "postgresql://u:p@[h/d"), ("web_listen", "8081"), ("web_listen", "127.0.0.1:0"),
        ("web_listen", "127.0.0.1:65536"), ("web_listen", "127.0.0.1:\u0661"), ("status_poll_seconds", "0.009"),
        ("exchange_rates", {"euro-zone": "1"}), ("exchange_rates", {"E": "1"}), ("operator_ids", ()),
        ("panels", {"x" * 33: PANEL}), ("panels", {"a b": PANEL}), ("panels", {"\u00e4": PANEL}),
        ("panels", {"": PANEL}),
        ("crypto_pay_token", "123"), ("crypto_pay_token", "1:short"), ("crypto_pay_token", "1:AAbbCCdd\nX"),
        ("crypto_pay_api_url", "http://pay.example/api"), ("crypto_pay_webhook", "/cryptopay/x"),
    ],
)  # fmt: skip
def test_a_value_out_of_bounds_is_refused(name: str, value: object) -> None:
    with pytest.raises(ValidationError):
        made(**{name: value})


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("WEB_LISTEN", "127.0.0.1:70000", "WEB_LISTEN: must be an address and a port from 1 to 65535"),
        ("PANELS__A.B__URL", "https://panel.example", "PANELS"),
        ("EXCHANGE_RATES__1", "2", "EXCHANGE_RATES: must be named by currency codes"),
        ("OPERATOR_IDS", "\u0661", "OPERATOR_IDS: must be numeric Telegram ids of people"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(monkeypatch: pytest.MonkeyPatch, name: str, value: str, problem: str) -> None:
    environment = {"BOT_TOKEN": TOKEN, "OPERATOR_IDS": "1", "PANELS__A__URL": PANEL["url"], "PANELS__A__KEY": KEY}
    for key, text in {**environment, name: value}.items():
        monkeypatch.setenv(key, text)
    with pytest.raises(BadSettings) as refused:
        load(None)
    assert any(line.startswith(problem) for line in refused.value.problems)


def test_seconds_accept_fractions() -> None:
    assert made(status_poll_seconds="0.25").status_poll_seconds == 0.25


# Secrets ------------------------------------------------------------------------------------------


def test_no_secret_is_in_what_settings_show_of_themselves() -> None:
    settings = made(crypto_pay_token=GATEWAY_TOKEN)
    for shown in (repr(settings), str(settings), repr(settings.panels), str(settings.model_dump())):
        for secret in (TOKEN, KEY, GATEWAY_TOKEN):
            assert secret not in shown
    assert set(settings.secrets()) == {TOKEN, KEY, GATEWAY_TOKEN}
    assert set(made().secrets()) == {TOKEN, KEY}


@pytest.mark.parametrize(
    "change",
    [
        {"bot_token": "a-token-without-number:s3cret"}, {"panels": {"main": {**PANEL, "url": "http://s3cret@x"}}},
        {"panels": {"main": {**PANEL, "key": ["s3cret"]}}}, {"panels": "s3cret"}, {"crypto_pay_token": "s3cret"},
        {"database_url": "mysql://u:s3cret@h/d"},
    ],
)  # fmt: skip
def test_no_secret_is_in_what_is_said_of_bad_settings(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as refused:
        made(**change)
    assert "s3cret" not in str(refused.value)
    assert KEY not in str(refused.value)


def test_settings_stay_as_they_were_read() -> None:
    settings = made()
    with pytest.raises(ValidationError):
        settings.currency = "EUR"
    with pytest.raises(ValidationError):
        settings.panels["main"].url = "https://elsewhere.example"


def test_an_audit_needs_nothing_but_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:////data/shop.db")
    assert config.load_database_url(None) == "sqlite:////data/shop.db"
    monkeypatch.setenv("DATABASE_URL", "mysql://u:s3cret@h/d")
    with pytest.raises(BadSettings) as refused:
        config.load_database_url(None)
    assert refused.value.problems == [
        (
            "DATABASE_URL: must be sqlite:///file.db (or sqlite:////absolute/file.db),"
            " or postgresql://user:password@host/database"
        ),
    ]


ADDRESSES = {
    "sqlite:///panelgram.db": ("sqlite:///panelgram.db", ()),
    "postgresql://shop:s3cret@db.example:5433/shop": ("postgresql://db.example:5433/shop", ("s3cret",)),
    "postgres://shop:s3%40cret%2F@db/shop?sslmode=require": ("postgres://db/shop", ("s3%40cret%2F", "s3@cret/")),
    "postgresql://shop@/shop?host=/run/postgresql&password=s3cret": ("postgresql:///run/postgresql/shop", ("s3cret",)),
    "postgresql:///shop": ("postgresql:///shop", ()),
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_servers_password_is_a_secret_wherever_it_is_written(address: str) -> None:
    shown, secrets = ADDRESSES[address]
    settings = made(database_url=address)
    assert config.shown_address(address) == shown
    assert config.passwords_of(address) == secrets
    assert set(secrets) <= set(settings.secrets())
    assert not any(secret in repr(settings) for secret in secrets)


def test_one_operator_alone_cannot_ask_for_a_second(tmp_path: Path) -> None:
    env = tmp_path / ".env"
    lines = [f"BOT_TOKEN={TOKEN}", "PANELS__MAIN__URL=https://panel.example/api/v2", f"PANELS__MAIN__KEY={KEY}"]
    env.write_text("\n".join([*lines, "OPERATOR_IDS=1,1", "SECOND_OPERATOR_ABOVE=100"]))
    with pytest.raises(BadSettings) as refused:
        load(env)
    [problem] = refused.value.problems
    assert problem.startswith("SECOND_OPERATOR_ABOVE: needs a second operator")
    assert made(operator_ids="1,2", second_operator_above="99.5").second_operator_above == Decimal("99.5")
    with pytest.raises(ValidationError):
        made(operator_ids="1,2", second_operator_above="-1")


def test_a_webhook_needs_the_gateway_and_an_address_to_be_served_at() -> None:
    served = {
        "crypto_pay_token": GATEWAY_TOKEN,
        "web_listen": "127.0.0.1:8081",
        "crypto_pay_webhook": "/cryptopay/ab-1",
    }
    assert made(**served).crypto_pay_webhook == "/cryptopay/ab-1"
    for change in ({"web_listen": None}, {"crypto_pay_token": None}):
        with pytest.raises(ValidationError, match="needs CRYPTO_PAY_TOKEN and WEB_LISTEN"):
            made(**{**served, **change})
    for path in ("cryptopay", "/", "/healthz", "/a//b", "/a?b=c", "/a/../b", "/ü"):
        with pytest.raises(ValidationError, match="must be a path"):
            made(**{**served, "crypto_pay_webhook": path})
