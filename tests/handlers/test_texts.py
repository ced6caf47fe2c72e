"""Every text a handler asks for exists, every text that exists is asked for, and each is given what it names."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

import handlers
from bot.domain.cancels import CancelState
from bot.domain.errors import Problem
from bot.domain.inputs import RULES
from bot.domain.money import Money
from bot.domain.orders import Reason
from bot.domain.refills import RefillReason, RefillState
from handlers.customer.screens_answers import wording
from handlers.publishing import CUSTOMER_COMMANDS, OPERATOR_COMMANDS
from handlers.texts import LANGUAGES, MoneyStyle, Template, Texts, load, templates
from tests.handlers.telegram_html import visible

SOURCES = [file for file in Path(handlers.__file__).parent.rglob("*.py") if "operator" not in file.parts]
#: Keys of the operator's own file; its room holds them complete.
_OPERATORS = ("operator.", "alert.")
#: What the questions of all types are called.
_WORDS = {wording(kind, field) for kind, rule in RULES.items() for field in rule.asks}
#: Prefixes whose last part is the value of an enum or a name from a table, and what there must be.
_FAMILIES = {
    "problem.": {problem.value for problem in Problem},
    "reason.": {reason.value for reason in Reason},
    "command.": {*CUSTOMER_COMMANDS, *OPERATOR_COMMANDS},
    "notice.": {
        "completed",
        "partial",
        "canceled",
        "failed",
        "unknown",
        "corrected",
        "credited",
        "debited",
        "answer",
        "refill-completed",
        "refill-rejected",
        "refill-refused",
        "refill-lapsed",
        "cancel-refused",
    },
    "refill.": set(RefillState),
    "refill.reason-": set(RefillReason),
    "cancel.": set(CancelState),
    "order.ask-": _WORDS,
    "order.so-far-": _WORDS,
    "order.keep-": _WORDS,
    "browse.services-": {"thousand", "package", "both"},
    "confirm.change-": _WORDS,
    "confirm.": _WORDS - {"link", "quantity"},
    "browse.limits-": {wording(kind, rule.counted) for kind, rule in RULES.items() if rule.counted},
    "browse.refill-": {"yes", "no", "unsaid"},
    "browse.cancel-": {"yes", "no", "unsaid"},
    "card.settling-": {"partial", "canceled"},
}


def literals() -> Iterator[str]:
    for file in SOURCES:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def asked() -> Iterator[tuple[str, frozenset[str] | None]]:
    """Keys given straight to `html` or `plain`, with the names of the facts (None where they are spread)."""
    for file in SOURCES:
        for node in ast.walk(ast.parse(file.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in ("html", "plain")
            ):
                facts = frozenset(keyword.arg for keyword in node.keywords if keyword.arg)
                spread = any(keyword.arg is None for keyword in node.keywords)
                for key in keys_in(node.args[0]):
                    yield key, None if spread else facts


def keys_in(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from keys_in(node.body)
        yield from keys_in(node.orelse)


def forms(template: Template) -> Iterator[str]:
    yield from [template] if isinstance(template, str) else template.values()


def named(template: Template) -> set[str]:
    return {name for form in forms(template) for _, name, _, _ in string.Formatter().parse(form) if name is not None}


def own() -> Mapping[str, Template]:
    return {key: text for key, text in templates("en").items() if not key.startswith(_OPERATORS)}


def test_every_text_asked_for_by_name_exists() -> None:
    assert {key for key, _ in asked()} - templates("en").keys() == set()


def test_every_text_is_asked_for_somewhere() -> None:
    said = set(literals())
    families = {f"{prefix}{name}" for prefix, names in _FAMILIES.items() for name in names}
    assert {key for key in own() if key not in said and key not in families} == set()


@pytest.mark.parametrize(("prefix", "names"), _FAMILIES.items())
def test_every_member_of_a_family_has_its_text(prefix: str, names: set[str]) -> None:
    assert {name for name in names if f"{prefix}{name}" not in templates("en")} == set()


def test_a_text_is_given_the_facts_it_names() -> None:
    wrong = {
        key: (sorted(named(templates("en")[key])), sorted(facts))
        for key, facts in asked()
        if facts is not None and key in templates("en") and not named(templates("en")[key]) <= facts
    }
    assert wrong == {}


@pytest.mark.parametrize("key", own())
def test_a_text_is_valid_telegram_html_and_names_plain_placeholders(key: str) -> None:
    for form in forms(templates("en")[key]):
        parsed = list(string.Formatter().parse(form))
        assert all(name.isidentifier() and not spec and not conv for _, name, spec, conv in parsed if name is not None)
        assert visible(form.replace("{", "").replace("}", ""))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_texts(language: str) -> None:
    assert templates(language).keys() == templates("en").keys()


def test_commands_and_descriptions_fit_telegrams_limits() -> None:
    texts = english()
    assert all(0 < len(texts.plain(f"command.{name}")) <= 256 for name in (*CUSTOMER_COMMANDS, *OPERATOR_COMMANDS))
    assert len(texts.plain("profile.description", shop="S" * 64)) <= 512
    assert len(texts.plain("profile.short", shop="S" * 64)) <= 120


def test_money_numbers_and_times_are_written_for_the_language() -> None:
    texts = english()
    moment = datetime(2026, 11, 21, 7, 54, tzinfo=UTC)
    assert texts.money(Money(1_234_500_000)) == "1,234.50 USD"
    assert texts.money(Money(1_234_567)) == "1.2346 USD"
    assert texts.number(1234567) == "1,234,567"
    assert texts.clock(moment) == "07:54 UTC"
    assert texts.time(moment).endswith("07:54 UTC")


def test_values_are_escaped_and_markup_is_not() -> None:
    assert english().html("order.heading", name="<b>&") == "<b>&lt;b&gt;&amp;</b>"


def test_a_language_the_shop_lacks_is_english() -> None:
    library = load(MoneyStyle("USD", 4))
    assert library.speak("xx-YY") is library.speak(None) is library.speak("en-GB")


def english() -> Texts:
    return load(MoneyStyle("USD", 4)).speak("en")
