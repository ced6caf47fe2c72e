"""Every type is put together by its own questions, and every answer can be kept, changed and refused."""

from __future__ import annotations

import pytest

from bot.domain.inputs import LISTS, RULES, Field, sold_rule
from handlers.customer.screens_answers import wording
from tests.handlers.counter import Counter
from tests.kit import LINK, answers_for

#: What a question must say, by what the texts call its field.
ASKED = {
    "link": "Send the link", "quantity": "What quantity?", "comments": "Send the comments",
    "replies": "Send the replies",
    "usernames": "Send the usernames", "username": "Whose comment", "account": "Whose followers",
    "hashtags": "Send the hashtags", "hashtag": "Send the hashtag", "media": "link of the post",
    "keywords": "Send the keywords", "groups": "Send the groups", "answer": "Which answer",
}  # fmt: skip


@pytest.fixture(autouse=True)
async def mina(shop: Counter) -> None:
    await shop.say("/start")
    await shop.bench.credit("1000")


async def answered(shop: Counter, kind: str) -> dict[str, str]:
    """Answer every question of a type as it is asked; the answers."""
    rule = sold_rule(kind)
    assert rule is not None
    answers = answers_for(shop.bench.shop.shelf.catalogue.offers[shop.bench.service(kind)].service)
    question = await shop.to_question(kind)
    for field in rule.asks:
        assert ASKED[wording(kind, field)] in question.text
        if field in LISTS or field is Field.LINK:
            assert question.labels == ["« Back", "Cancel"]
        question = await shop.say(answers[field])
    return answers


@pytest.mark.parametrize("kind", RULES)
async def test_every_type_is_ordered_by_answering_its_questions(shop: Counter, kind: str) -> None:
    answers = await answered(shop, kind)
    confirm = await shop.last()
    assert "Please check and confirm" in confirm.text
    for field in RULES[kind].asks:
        assert answers[field].splitlines()[0] in confirm.text.replace(",", "" if field is Field.QUANTITY else ",")
    await shop.press("Confirm", confirm)
    order = await shop.bench.read(1)
    assert dict(order.answers) == answers
    await shop.bench.sound()


@pytest.mark.parametrize("kind", RULES)
async def test_every_answer_of_every_type_can_be_changed_or_left(shop: Counter, kind: str) -> None:
    await answered(shop, kind)
    confirm = await shop.last()
    for field in RULES[kind].asks:
        word = wording(kind, field)
        label = "Change post" if word == "media" else f"Change {word}"
        question = await shop.press(label, confirm)
        assert ASKED[word] in question.text
        assert "Now it is:" in question.text
        assert await shop.press("« Back", question) == confirm


@pytest.mark.parametrize("kind", [kind for kind, rule in RULES.items() if len(rule.asks) > 2])
async def test_answers_set_aside_by_going_back_can_be_kept(shop: Counter, kind: str) -> None:
    rule = RULES[kind]
    answers = answers_for(shop.bench.shop.shelf.catalogue.offers[shop.bench.service(kind)].service)
    await shop.to_question(kind)
    for field in rule.asks[:-1]:
        await shop.say(answers[field])
    for _ in rule.asks[:-1]:
        question = await shop.press("« Back")
    assert ASKED["link"] in question.text
    question = await shop.press("Keep this link", question)
    assert ASKED[wording(kind, rule.asks[-1])] in question.text
    await shop.say(answers[rule.asks[-1]])
    assert "Please check and confirm" in (await shop.last()).text


@pytest.mark.parametrize(
    ("kind", "typed", "words"),
    [
        ("mentions", "mina\n\nframely.example/theo", ("Line 3: framely.example/theo is a link", "Send the usernames")),
        ("mentions", "mina, the@o", ("Line 1: the@o is not a username",)),
        ("mentions custom list", "mina, theo", ("I counted 2; at least 5",)),
        ("mentions hashtag", "#a #b", ("more than one hashtag",)),
        ("comment likes", "mina, theo", ("more than one username",)),
        ("comment likes", "https://framely.example/mina", ("That is a link. Send the username alone",)),
        ("mentions media likers", "mina", ("could not read that as a link", "link of the post")),
        ("invites from groups", "one\nftp://site.example/x", ("Line 2: I could not read ftp://site.example/x",)),
        ("poll", "the second", ("a number from 1 to 100 is expected", "Which answer of the poll?")),
        ("seo", "a\n\n" + "b" * 121, ("Line 3 is too long: 120 characters",)),
        ("mentions hashtag", "#", ("nothing in it that I could use",)),
    ],
)
async def test_a_bad_answer_says_what_is_wrong_and_the_question_stays(
    shop: Counter, kind: str, typed: str, words: tuple[str, ...]
) -> None:
    await shop.to_question(kind)
    await shop.say(LINK)
    again = await shop.say(typed)
    assert LINK in again.text
    assert all(word in again.text for word in words)
    asked = wording(kind, RULES[kind].asks[1])
    assert ASKED[asked] in again.text


async def test_a_pasted_line_of_names_is_counted_shown_and_freed_of_repeats(shop: Counter) -> None:
    await shop.to_question("mentions with hashtags")
    await shop.say(LINK)
    question = await shop.say("@mina, @theo, Mina")
    assert "Usernames: 2 (mina, theo)" in question.text
    assert "I left out 1 entry that was there twice." in question.text
    question = await shop.say("travel #sunny")
    assert "Hashtags: 2 (#travel, #sunny)" in question.text
    confirm = await shop.press("min ", question)
    assert "Usernames: 2\nmina, theo\nHashtags: 2\n#travel, #sunny" in confirm.text


async def test_a_long_list_of_names_is_cut_on_the_card_and_sent_whole(shop: Counter) -> None:
    await shop.to_question("mentions")
    await shop.say(LINK)
    await shop.say("\n".join(f"mina_{n}" for n in range(200)))
    confirm = await shop.press("min ")
    assert "Usernames: 200\nmina_0, mina_1," in confirm.text
    assert "… and 180 more" in confirm.text
    await shop.press("Confirm", confirm)
    assert (await shop.bench.read(1)).answers["usernames"].count("\n") == 199


async def test_a_list_that_fills_a_message_may_go_on_in_the_next(shop: Counter) -> None:
    await shop.to_question("mentions")
    await shop.say(LINK)
    question = await shop.say("\n".join(f"somebody_with_a_long_name_{n:04}" for n in range(125)))
    assert "Usernames: 125" in question.text
    assert "If the list goes on in another message, send all of it as a text file" in question.text


async def test_a_quantity_tapped_late_never_answers_another_question(shop: Counter) -> None:
    await shop.to_question("mentions")
    await shop.say(LINK)
    quantity = await shop.say("mina")
    names = await shop.press("« Back", quantity)
    again = await shop.press_data(names, quantity.data("min "))
    assert "Send the usernames" in again.text
    assert "Usernames: 1" in (await shop.press("Keep these usernames", again)).text


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("custom comments", "Comments: 5 to"),
        ("comment replies", "Replies: 5 to"),
        ("mentions custom list", "Usernames: 5 to"),
    ],
)
async def test_the_service_card_names_what_is_counted(shop: Counter, kind: str, words: str) -> None:
    await shop.say("/order")
    card = await shop.press_data(await shop.last(), f"v:{shop.bench.service(kind)}")
    assert words in card.text
