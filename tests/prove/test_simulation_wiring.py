"""What the shop runs, the simulator runs, or says why not."""

from __future__ import annotations

import ast
from pathlib import Path

HOME = Path(__file__).parent.parent.parent
#: Pollers no schedule has, and why.
LEFT_OUT = {
    "catalogue": "the catalogue of this world never changes, and is in the image",
    "unknown orders of gone panels": "no panel of this world goes",
    "clearing out": "it forgets what is older than any schedule is long",
    "crypto pay": "the gateway of this world takes Stars; crypto's own is in the row about deposits",
    "backup": "the disk of this world has no files",
    "broadcast": "nobody of this world announces anything",
    "publishing commands": "it tells Telegram what is typed, and nobody of this world types",
}


def pollers(path: str) -> set[str]:
    """The names that tasks are kept under in a module, without the panel's."""
    found = set()
    for node in ast.walk(ast.parse((HOME / path).read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("every", "keep"):
            name = node.args[0]
            said = name.values[0] if isinstance(name, ast.JoinedStr) else name
            assert isinstance(said, ast.Constant)
            found.add(str(said.value).strip())
    return found


def test_every_poller_of_the_shop_is_the_simulators_too_or_left_out_for_a_reason() -> None:
    real, simulated = pollers("bot/running.py"), pollers("prove/simulation/process.py")
    assert simulated <= real
    assert real - simulated == LEFT_OUT.keys()
