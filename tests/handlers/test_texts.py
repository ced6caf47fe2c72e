"""Every text a handler asks for exists, every text that exists is asked for, and each is given what it names."""

from __future__ import annotations

import ast
import re
import string
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from babel import Locale

import handlers
from bot.domain.cancels import CancelState
from bot.domain.errors import Problem
from bot.domain.inputs import RULES
from bot.domain.orders import Reason
from bot.domain.pages import PageName
from bot.domain.refills import RefillReason, RefillState
from bot.domain.standing import Chance, Standing
from bot.domain.statement import Span
from bot.domain.topups import Gateway, TopupState
from bot.domain.vouchers import Redeemed
from bot.engine.topups import Turned
from handlers import screens_statement
from handlers.customer.screens_answers import wording
from handlers.publishing import CUSTOMER_COMMANDS, OPERATOR_COMMANDS
from handlers.texts import LANGUAGES, MoneyStyle, Template, Texts, load, templates
from tests.handlers.telegram_html import visible

SOURCES = [file for file in Path(handlers.__file__).parent.rglob("*.py") if "operator" not in file.parts]
#: Keys of the operator's own file; its room holds them complete.
_OPERATORS = ("operator.", "alert.")
#: What the questions of all types are called.
_WORDS = {wording(kind, field) for kind, rule in RULES.items() for field in rule.asks}
#: What reads otherwise as it came in or went out.
_BOTH_WAYS = {f"{kind}-{way}" for kind in screens_statement.TWO_WAYS for way in ("in", "out")}
#: Prefixes whose last part is the value of an enum or a name from a table, and what there must be.
_FAMILIES = {
    "admission.": ("brake", "frozen", "maintenance"),
    "admission.frozen-": ("kept", "toast", "confirm"),
    "admission.brake-": ("banner", "kept", "toast", "confirm"),
    "admission.maintenance-": ("banner", "kept", "toast", "confirm"),
    "page.": set(PageName),
    "statement.": screens_statement.WORDS,
    "statement.kind-": {*screens_statement.KINDS, *_BOTH_WAYS},
    "statement.span-": set(Span),
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
        "topup-paid",
        "topup-turned-down",
        "refund-done",
        "refund-turned-down",
        "refund-failed",
        "taken-back",
        "given-back",
    },
    "payment.state-": set(Standing),
    "payment.chance-": {*(set(Chance) - {Chance.CLOSED}), "whole-stars", "spent-stars"},
    "gateway.": {gateway.value for gateway in Gateway},
    "voucher.": {became.value for became in Redeemed if became is not Redeemed.DONE},
    "topup.": {state.value for state in TopupState},
    "topup.turned-": {why.value for why in Turned},
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

_PLACEHOLDERS = re.compile(r"\{[a-z_]+\}")
_TAGS = re.compile(r"</?[a-z]+>")
_COMMANDS = re.compile(r"(?<![\w/<])/[a-z]+")
_WORDS_IN_TEXT = re.compile(r"[A-Za-z]{2,}(?![^<]*>)")
#: Words that are nobody's language.
_THE_SAME_EVERYWHERE = {
    "operator.order.attempt-http", "format.day", "format.time", "gateway.stars", "gateway.cryptopay",
}  # fmt: skip
#: Where labels come from, besides those that stand alone in their rows.
_SHARED_LABELS = {
    "card.refresh", "card.cancel", "card.again", "card.orders", "refill.key", "cancel.key", "cancel.yes", "cancel.no",
    "admission.look", "admission.again", "operator.stats.view-money", "operator.stats.view-states",
    "operator.stats.view-categories", "topup.operator", "topup.amount-stars",
}  # fmt: skip
_SHARED_ROWS = (
    "menu.",
    "operator.key.",
    "gateway.",
    "confirm.change-",
    "confirm.yes",
    "confirm.no",
    "order.new",
    "wallet.copy-id",
)
_ROWS_OF_THEIR_OWN = {
    "menu.welcome", "menu.welcome-back", "menu.desk-hint", "operator.key.agree-all", "operator.key.reply",
    "operator.key.copy-credit", "operator.key.agree-currency-at", "operator.key.drop-title",
    "operator.key.attach-anyway", "operator.key.teach", "operator.key.proofs",
}  # fmt: skip
_LABEL_LETTERS = 21


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


# Every language against English: a test for each promise, so that a failure names the texts to mend -----------------


def pairs(language: str) -> Iterator[tuple[str, Template, Template]]:
    """English and another language's texts, key by key, as far as both have them."""
    other = templates(language)
    yield from ((key, text, other[key]) for key, text in templates("en").items() if key in other)


def whole(template: Template) -> str:
    """The form that says everything: `one` may leave the number out."""
    return template if isinstance(template, str) else template["other"]


def found(pattern: re.Pattern[str], template: Template) -> Counter[str]:
    return Counter(pattern.findall(whole(template)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_texts(language: str) -> None:
    english, other = templates("en").keys(), templates(language).keys()
    assert (sorted(english - other), sorted(other - english)) == ([], [])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_names_the_same_placeholders(language: str) -> None:
    assert {
        key: named(text) ^ named(other) for key, text, other in pairs(language) if named(text) != named(other)
    } == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_exactly_its_own_plural_forms(language: str) -> None:
    forms_of_language = {*Locale.parse(language).plural_form.tags, "other"}
    wrong = {
        key: other
        for key, text, other in pairs(language)
        if isinstance(other, str) is not isinstance(text, str)
        or (not isinstance(other, str) and other.keys() != forms_of_language)
    }
    assert wrong == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_shows_its_count_where_a_form_stands_for_many_counts(language: str) -> None:
    """In Turkish and Thai a form fits more than one number, so that it must say which."""
    tables = {key: (text, other) for key, text, other in pairs(language) if not isinstance(other, str)}
    silent = {
        key
        for key, (text, other) in tables.items()
        if "count" in named(text) and not isinstance(other, str) and "{count}" not in other["other"]
    }
    assert silent == set()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("marks", [_TAGS, _COMMANDS], ids=["tags", "commands"])
def test_every_language_has_the_same_tags_and_commands(language: str, marks: re.Pattern[str]) -> None:
    wrong = {key for key, text, other in pairs(language) if found(marks, text).keys() != found(marks, other).keys()}
    assert wrong == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_of_every_language_is_valid_telegram_html(language: str) -> None:
    for template in templates(language).values():
        for form in forms(template):
            shown = visible(form.replace("{", "").replace("}", ""))
            assert shown
            assert shown == shown.strip()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_left_in_english(language: str) -> None:
    """Texts of more than signs and placeholders differ from English ones; what may not is named here."""
    same = {
        key
        for key, text, other in pairs(language)
        if language != "en"
        and whole(text) == whole(other)
        and _WORDS_IN_TEXT.search(_PLACEHOLDERS.sub("", whole(text)))
    }
    assert same <= _THE_SAME_EVERYWHERE


@pytest.mark.parametrize("language", LANGUAGES)
def test_commands_and_descriptions_fit_telegrams_limits(language: str) -> None:
    texts = speaking(language)
    assert all(0 < len(texts.plain(f"command.{name}")) <= 256 for name in (*CUSTOMER_COMMANDS, *OPERATOR_COMMANDS))
    assert len(texts.plain("profile.description", shop="S" * 64)) <= 512
    assert len(texts.plain("profile.short", shop="S" * 64)) <= 120


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_are_short_enough_for_two_in_a_row(language: str) -> None:
    """On a phone of 390 points two buttons side by side show about twenty letters each."""
    texts = templates(language).items()
    labels = {key: text for key, text in texts if key.startswith(_SHARED_ROWS) or key in _SHARED_LABELS}
    assert len(labels) > 60
    assert labels.keys() >= _SHARED_LABELS
    long = {
        key: form
        for key, text in labels.items()
        if key not in _ROWS_OF_THEIR_OWN
        for form in forms(text)
        if letters(_PLACEHOLDERS.sub("", form)) > _LABEL_LETTERS
    }
    assert long == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_pop_ups_fit_telegrams_two_hundred_characters(language: str) -> None:
    toasts = {key: text for key, text in templates(language).items() if key.endswith("-toast")}
    assert len(toasts) > 8
    assert all(len(form) <= 160 for text in toasts.values() for form in forms(text))


def letters(text: str) -> int:
    """How many places a text takes: marks above and below a letter take none."""
    return sum(unicodedata.category(character) not in ("Mn", "Me", "Cf") for character in text)


def test_values_are_escaped_and_markup_is_not() -> None:
    assert english().html("order.heading", name="<b>&") == "<b>&lt;b&gt;&amp;</b>"


def test_a_language_the_shop_lacks_is_english() -> None:
    library = load(MoneyStyle("USD", 4))
    assert library.speak("xx-YY") is library.speak(None) is library.speak("en-GB")


@pytest.mark.parametrize(
    ("code", "language"), [("tr", "tr"), ("tr-TR", "tr"), ("TH", "th"), ("th-TH-u-ca-buddhist", "th")]
)
def test_a_clients_language_code_finds_its_language(code: str, language: str) -> None:
    assert load(MoneyStyle("USD", 4)).speak(code).language == language


def speaking(language: str) -> Texts:
    return load(MoneyStyle("USD", 4)).speak(language)


def english() -> Texts:
    return speaking("en")
