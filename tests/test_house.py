"""Rules of the house that no tool holds, read from the source itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from bot.cli import _parser
from bot.domain.acts import ActKind
from bot.domain.cancels import CancelState
from bot.domain.errors import Problem
from bot.domain.evidence import Verdict
from bot.domain.notices import AlertKind, NoticeKind
from bot.domain.orders import Attention, OrderState, Reason
from bot.domain.refills import RefillReason, RefillState
from bot.domain.standing import Standing
from bot.domain.topups import Gateway, TopupState
from bot.engine.topups import Turned
from handlers.publishing import CUSTOMER_COMMANDS, OPERATOR_COMMANDS
from handlers.texts import templates

HOME: Final = Path(__file__).parent.parent
FLOORS: Final = ("bot", "handlers", "storage")
EVERYTHING: Final = (*FLOORS, "tests", "tools", "bench", "prove")
LINES_MAX, FUNCTION_LINES_MAX, SHORT_FUNCTION_LINES = 400, 60, 35
SHORT_FUNCTIONS_SHARE: Final = 0.9
TEXT_SUFFIXES: Final = {".py", ".js", ".css", ".html", ".sql", ".toml", ".md", ".txt", ".in", ".yml", ".json", ""}


def files(*rooms: str, suffix: str = ".py") -> Iterator[Path]:
    """The source files of some rooms, by their paths from the project's root."""
    for room in rooms:
        for path in sorted((HOME / room).rglob(f"*{suffix}")):
            yield path.relative_to(HOME)


def nodes(*rooms: str) -> Iterator[tuple[str, ast.AST]]:
    """Every node of every syntax tree, with its file and line."""
    for path in files(*rooms):
        for node in _walk(path):
            yield f"{path}:{getattr(node, 'lineno', 0)}", node


@cache
def _walk(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse((HOME / path).read_text())))


def functions(*rooms: str) -> Iterator[tuple[str, int]]:
    """Every function with its length in lines."""
    for place, node in nodes(*rooms):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{place} {node.name}", (node.end_lineno or node.lineno) - node.lineno + 1


# Size ---------------------------------------------------------------------------------------------


def test_no_source_file_is_longer_than_four_hundred_lines() -> None:
    found = [path for suffix in (".py", ".js", ".css", ".html", ".toml") for path in files(*EVERYTHING, suffix=suffix)]
    lengths = {str(path): len((HOME / path).read_text().splitlines()) for path in found}
    assert {path: length for path, length in lengths.items() if length > LINES_MAX} == {}


def test_no_function_is_longer_than_sixty_lines_and_nine_in_ten_are_short() -> None:
    lengths = dict(functions(*EVERYTHING))
    assert {name: length for name, length in lengths.items() if length > FUNCTION_LINES_MAX} == {}
    own = [length for _, length in functions(*FLOORS)]
    assert sum(length <= SHORT_FUNCTION_LINES for length in own) >= SHORT_FUNCTIONS_SHARE * len(own)


# Money and time -----------------------------------------------------------------------------------


def test_no_float_comes_near_money() -> None:
    found = [
        place
        for place, node in nodes("bot/domain", "storage")
        if (isinstance(node, ast.Constant) and isinstance(node.value, float | complex))
        or (isinstance(node, ast.Name) and node.id == "float")
    ]
    assert found == []


NAIVE: Final = {"utcnow", "utcfromtimestamp"}
NEEDS_ZONE: Final = {"now": 1, "fromtimestamp": 2}


def _naive(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    if not isinstance(node.func.value, ast.Name) or node.func.value.id != "datetime":
        return False
    name = node.func.attr
    return name in NAIVE or len(node.args) + len(node.keywords) < NEEDS_ZONE.get(name, 0)


def test_every_time_has_its_zone() -> None:
    assert [place for place, node in nodes(*EVERYTHING) if _naive(node)] == []


def test_the_domain_asks_no_clock() -> None:
    asked = [
        place
        for place, node in nodes("bot/domain")
        if isinstance(node, ast.Attribute) and node.attr in {"now", "today", "monotonic", "time"}
    ]
    assert asked == []


# Danger -------------------------------------------------------------------------------------------

_SQL: Final = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|WHERE|PRAGMA|CREATE TABLE|ALTER TABLE)\b")
#: Statements put together of constants of their own file, of the numbers of their parameters, or of the names a schema
#: gives its own tables and columns.
BUILT_SQL: Final = {
    "storage/orders.py": 3,
    "storage/topups.py": 1,
    "storage/ledger_checks.py": 5,
    "storage/payment_checks.py": 8,
    "storage/wallet.py": 3,
    "storage/copying.py": 6,
    "storage/backups.py": 1,
}


def _literals(node: ast.AST) -> str:
    return " ".join(n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str))


def _interpolates(node: ast.AST) -> bool:
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(value, ast.FormattedValue) for value in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return isinstance(node.left, ast.Constant) and isinstance(node.left.value, str)
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"format", "join"}


def test_values_reach_statements_as_parameters_only() -> None:
    built: dict[str, int] = {}
    for place, node in nodes(*FLOORS):
        if _interpolates(node) and _SQL.search(_literals(node)):
            path = place.partition(":")[0]
            built[path] = built.get(path, 0) + 1
    # The checks' promises and migrations' reports speak of statements; nothing else does.
    assert {path: count for path, count in built.items() if count > BUILT_SQL.get(path, 0)} == {}


def test_nothing_evaluates_text_or_unpacks_objects() -> None:
    modules = {"pickle", "marshal", "shelve", "dill", "cloudpickle"}
    found = [
        place
        for place, node in nodes(*FLOORS)
        if (isinstance(node, ast.Import) and modules & {alias.name for alias in node.names})
        or (isinstance(node, ast.ImportFrom) and node.module in modules)
        or (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"eval", "exec"})
    ]
    assert found == []


def test_a_transactions_work_changes_nothing_around_it() -> None:
    """It may be run again from its beginning, so what it found is what it returns."""
    found = [
        f"{place} {node.name}"
        for place, node in nodes(*FLOORS)
        if isinstance(node, ast.AsyncFunctionDef)
        and node.args.args
        and node.args.args[0].arg == "tx"
        and any(isinstance(step, ast.Nonlocal | ast.Global) for step in ast.walk(node))
    ]
    assert found == []


#: Where whatever may be raised has to be survived or passed on whole; each place says why.
BOUNDARIES: Final = {
    "bot/logs.py", "bot/pollers/loop.py", "bot/pollers/notices.py", "bot/pollers/refunds.py",
    "bot/transport/edits.py", "bot/transport/intake.py", "bot/transport/polling.py", "bot/wire/exchange.py",
    "storage/postgres_store.py", "storage/writer.py",
}  # fmt: skip


def test_only_the_named_boundaries_catch_everything() -> None:
    caught = {
        place.partition(":")[0]
        for place, node in nodes(*FLOORS)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or {"Exception", "BaseException"} & {getattr(n, "id", "") for n in ast.walk(node.type)})
    }
    assert caught <= BOUNDARIES


def test_no_exception_is_dropped_without_a_word() -> None:
    """`pass` alone after `except`; what may be ignored is named by contextlib.suppress."""
    dropped = [
        place
        for place, node in nodes(*FLOORS)
        if isinstance(node, ast.ExceptHandler) and all(isinstance(step, ast.Pass) for step in node.body)
    ]
    assert dropped == []


# Acts ---------------------------------------------------------------------------------------------

#: Takes an operator's id and decides nothing: a draft is nothing until it is confirmed.
_NO_ACT: Final = {"bot/engine/broadcasting.py draft"}


def test_every_verb_of_an_operator_leaves_an_act() -> None:
    """By itself, or through a function of its own file that does."""
    silent = set()
    for path in files("bot/engine"):
        found = [node for node in _walk(path) if isinstance(node, ast.AsyncFunctionDef)]
        calls = {node.name: {n.func.id for n in ast.walk(node) if _calls_by_name(n)} for node in found}
        acting = {node.name for node in found if any(_records_act(n) for n in ast.walk(node))}
        while more := {name for name, called in calls.items() if called & acting} - acting:
            acting |= more
        asked = {node.name for node in found if "operator_id" in {a.arg for a in node.args.args}}
        silent |= {f"{path} {name}" for name in asked - acting}
    assert silent == _NO_ACT


def _records_act(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and ast.unparse(node) == "acts.record"


def _calls_by_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)


# Texts --------------------------------------------------------------------------------------------

_FOR_OPERATORS: Final = {
    NoticeKind.ALERT: "operator.alerts.line",
    NoticeKind.TICKET: "operator.support.ticket",
    NoticeKind.TOPUP_ASKED: "operator.support.topup",
    NoticeKind.PROOF: "operator.payments.proof",
    NoticeKind.REFUND_ASKED: "operator.payments.refund-asked",
    NoticeKind.RESTARTED: "operator.restarted",
    NoticeKind.APPROVAL: "operator.approval.asks",
    NoticeKind.BROADCAST: "operator.broadcast.confirm",  # the operator's own words
    NoticeKind.BROADCAST_PROGRESS: "operator.broadcast.counts",
    NoticeKind.CARD: "card.title",
}


def _named(prefix: str, kinds: Iterable[StrEnum]) -> dict[StrEnum, str]:
    return {kind: f"{prefix}.{kind.value}" for kind in kinds}


FAMILIES: Final[Mapping[str, Mapping[StrEnum, str]]] = {
    "states": _named("operator.state", OrderState),
    "gateways": _named("gateway", Gateway),
    "where payments stand": {where: f"payment.state-{where.value}" for where in Standing},
    "top-ups": _named("topup", TopupState),
    "payments not let through": {why: f"topup.turned-{why.value}" for why in Turned},
    "reasons, for customers": _named("reason", Reason),
    "reasons, for operators": _named("operator.reason", Reason),
    "refills, for customers": _named("refill", RefillState),
    "refusals of refills, for customers": {why: f"refill.reason-{why.value}" for why in RefillReason},
    "cancel requests, for customers": _named("cancel", CancelState),
    "refills, for operators": _named("operator.refill-state", RefillState),
    "cancel requests, for operators": _named("operator.cancel-state", CancelState),
    "problems": _named("problem", Problem),
    "verdicts, in alerts": _named("alert.evidence", Verdict),
    "alerts": _named("alert", AlertKind),
    "acts": _named("operator.act", ActKind),
    "attention": _named("operator.attention", Attention),
    "verdicts": _named("operator.evidence", Verdict),
    "notices": {**_named("notice", NoticeKind), **_FOR_OPERATORS},
}


@pytest.mark.parametrize("family", FAMILIES)
def test_every_member_of_a_family_has_its_text(family: str) -> None:
    assert {kind.value: key for kind, key in FAMILIES[family].items() if key not in templates("en")} == {}


# Papers -------------------------------------------------------------------------------------------


def test_every_command_of_the_readme_exists() -> None:
    readme, makefile = (HOME / "README.md").read_text(), (HOME / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z-]+)\b", readme)) - {"it", "them", "a"} <= targets
    (commands,) = (action.choices for action in _parser()._actions if action.choices)
    assert set(re.findall(r"panelgram ((?:sandbox-)?[a-z]+)\b(?=[`\s)]| --)", _code_in(readme))) <= set(commands or ())
    published = {f"/{name}" for name in (*CUSTOMER_COMMANDS, *OPERATOR_COMMANDS)}
    assert set(re.findall(r"`(/[a-z]+)[` ]", readme)) - {"/healthz"} <= published


def _code_in(text: str) -> str:
    """What stands in code blocks and between backticks, one piece a line."""
    fenced = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = [line.partition("#")[0] for block in fenced for line in block.splitlines() if "docker" not in line]
    return "\n".join([*lines, *re.findall(r"`(panelgram [^`]*)`", text)])


def test_the_first_commands_of_the_readme_are_the_demo_and_the_tests() -> None:
    first = re.search(r"```sh\n(.*?)```", (HOME / "README.md").read_text(), re.DOTALL)
    assert first is not None
    assert [line.partition("#")[0].strip() for line in first[1].splitlines()] == ["make demo", "make test"]


def test_the_glossary_is_in_order_and_explains_each_word_once() -> None:
    rows = re.findall(r"^\| \*\*(.+?)\*\* \| (.+) \|$", (HOME / "GLOSSARY.md").read_text(), re.MULTILINE)
    words = [word for word, _ in rows]
    assert len(words) > 30
    assert words == sorted(words)
    assert len(set(words)) == len(words)
    assert all(meaning.strip() for _, meaning in rows)


def _papers() -> Iterator[Path]:
    here = Path(__file__)
    skipped = {"fixtures", "__pycache__", "node_modules"}
    tops = [path for path in HOME.iterdir() if path.is_file()]
    below = [path for room in (*EVERYTHING, "docs", "requirements") for path in (HOME / room).rglob("*")]
    for path in (*tops, *below):
        readable = path.is_file() and path.suffix in TEXT_SUFFIXES and not skipped & set(path.parts)
        if readable and path != here and not path.name.startswith((".coverage", ".git")) and path.suffix != ".db":
            yield path


def test_no_paper_names_the_machine_it_was_written_on() -> None:
    machine = re.compile(r"(?<![\w.}])/(?:home|root|work|Users)/\w|[A-Z]:\\\\Users")
    named = {str(path.relative_to(HOME)) for path in _papers() if machine.search(path.read_text(errors="replace"))}
    assert named == set()


def test_pinned_dependencies_have_hashes_and_come_from_no_named_host() -> None:
    for path in sorted((HOME / "requirements").glob("*.txt")):
        pinned = path.read_text()
        assert "://" not in pinned, path.name
        assert "--index-url" not in pinned, path.name
        names = re.findall(r"^([a-z0-9._-]+)(?:\[.*?\])?==", pinned, re.MULTILINE | re.IGNORECASE)
        assert names, path.name
        assert pinned.count("--hash=sha256:") >= len(names)


def test_no_paper_leaves_work_for_later() -> None:
    later = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")
    assert {str(p.relative_to(HOME)) for p in _papers() if later.search(p.read_text(errors="replace"))} == set()
