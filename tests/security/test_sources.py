"""What the source itself must not hold: rounding of money away from its home, and code that comes from data."""

from __future__ import annotations

import ast
from typing import Final

from tests.test_house import FLOORS, nodes

#: Where money is counted, held and moved; figures of speech in screens are rounded for the eye alone.
MONEY: Final = ("bot/domain", "bot/engine", "storage")
#: Compares a number with itself rounded, to refuse what is too fine: nothing rounded goes on.
ROUNDS: Final = {"bot/domain/amounts.py"}
#: Divides lengths of time.
OF_TIME: Final = "bot/domain/waiting.py"


def _named(node: ast.AST, *names: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names


def test_nothing_of_money_is_rounded_or_made_a_float_outside_its_home() -> None:
    found = {place.partition(":")[0] for place, node in nodes(*MONEY) if _named(node, "float", "round")}
    assert found <= ROUNDS


def test_no_fraction_is_written_where_money_is_counted() -> None:
    found = [
        place
        for place, node in nodes("bot/domain", "storage")
        if isinstance(node, ast.Constant) and isinstance(node.value, float)
    ]
    assert found == []


def test_no_division_of_money_makes_a_float() -> None:
    """`/` between whole numbers is a float; what has to be divided is divided to the whole, or multiplied."""
    found = [place for place, node in nodes("bot/domain") if _divides(node) and not place.startswith(OF_TIME)]
    assert found == []


def _divides(node: ast.AST) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)


def test_no_code_comes_from_data() -> None:
    loaders = {"__import__", "compile", "eval", "exec"}
    parsers = {"yaml", "pickle", "marshal", "shelve", "xml", "lxml"}
    found = [
        place
        for place, node in nodes(*FLOORS)
        if _named(node, *loaders)
        or (isinstance(node, ast.Import) and parsers & {alias.name.partition(".")[0] for alias in node.names})
        or (isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in parsers)
    ]
    assert found == []


def test_no_shell_is_asked() -> None:
    """Programs are started by their arguments, never through a line of text."""
    found = [
        place
        for place, node in nodes(*FLOORS)
        if isinstance(node, ast.Call)
        and (
            any(word.arg == "shell" for word in node.keywords)
            or (
                isinstance(node.func, ast.Attribute)
                and node.func.attr in {"system", "popen", "create_subprocess_shell"}
            )
        )
    ]
    assert found == []


def test_chance_that_guards_something_comes_from_the_system() -> None:
    """`random` only spreads pauses; tokens are made by `secrets`."""
    users = {
        place.partition(":")[0]
        for place, node in nodes(*FLOORS)
        if isinstance(node, ast.Import) and "random" in {alias.name for alias in node.names}
    }
    assert {path for path in users if not path.startswith("bot/sandbox/")} <= {
        "bot/transport/intake.py", "bot/transport/polling.py", "bot/panels/batches.py",
    }  # fmt: skip
