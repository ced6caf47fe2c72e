from __future__ import annotations

from dataclasses import fields

import pytest

from bot.panels.dialects import Ability, Capabilities, Learned


def test_abilities_and_capabilities_have_the_same_names():
    assert {each.name for each in fields(Capabilities)} == {ability.value for ability in Ability}


def test_nothing_is_known_at_first():
    assert Learned(Capabilities()).capabilities == Capabilities()


@pytest.mark.parametrize("able", [True, False])
def test_what_is_shown_is_known(able):
    learned = Learned(Capabilities())
    assert learned.learn(Ability.CANCEL, able=able)
    assert learned.capabilities == Capabilities(cancel=able)
    assert not learned.learn(Ability.CANCEL, able=able)


@pytest.mark.parametrize("configured", [True, False])
def test_what_is_configured_always_wins(configured):
    learned = Learned(Capabilities(cancel=configured))
    assert not learned.learn(Ability.CANCEL, able=not configured)
    assert learned.knows(Ability.CANCEL) is configured
