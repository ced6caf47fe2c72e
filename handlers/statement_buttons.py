"""The buttons of statements, a customer's own and an operator's."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.callbacks import Button


@dataclass(frozen=True, slots=True)
class ShowStatements(Button, prefix="st"):
    """Which statements there are."""


@dataclass(frozen=True, slots=True)
class GetStatement(Button, prefix="stg"):
    """One's own statement of a span, as a file of a form."""

    span: str
    form: str


@dataclass(frozen=True, slots=True)
class ShowStatementsOf(Button, prefix="ost"):
    """Which statements of a customer an operator can have."""

    customer: int


@dataclass(frozen=True, slots=True)
class GetStatementOf(Button, prefix="ostg"):
    """A customer's statement in an operator's hands."""

    customer: int
    span: str
    form: str
