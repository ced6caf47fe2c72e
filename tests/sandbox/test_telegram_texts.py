"""Texts, entities and what the page draws of them."""

from html import escape
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.telegram.entities import Entity, EntityType, Formatted, tidy, utf16_length
from bot.sandbox.telegram.formatting import formatted_text, plain_text
from bot.sandbox.telegram.links import BadLinkError, check_link
from bot.sandbox.telegram.render import to_html

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
STYLES = (EntityType.BOLD, EntityType.ITALIC, EntityType.CODE, EntityType.SPOILER, EntityType.TEXT_LINK)


def parsed(source: str, mode: str = "HTML") -> tuple[str, list[tuple[str, int, int, str]]]:
    result = formatted_text(source, mode, None)
    return result.text, [(e.type.value, e.offset, e.length, e.value) for e in result.entities]


def covered(formatted: Formatted, entity: Entity) -> str:
    units = formatted.text.encode("utf-16-le")
    return units[2 * entity.offset : 2 * entity.end].decode("utf-16-le")


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("<b>a</b><strong>b</strong>", "ab", [("bold", 0, 1, ""), ("bold", 1, 1, "")]),
        ("<i>a</i><em>b</em>", "ab", [("italic", 0, 1, ""), ("italic", 1, 1, "")]),
        ("<u>a</u><ins>b</ins>", "ab", [("underline", 0, 1, ""), ("underline", 1, 1, "")]),
        ("<s>a</s><del>b</del>", "ab", [("strikethrough", 0, 1, ""), ("strikethrough", 1, 1, "")]),
        ("<strike>a</strike>", "a", [("strikethrough", 0, 1, "")]),
        ("<tg-spoiler>a</tg-spoiler>", "a", [("spoiler", 0, 1, "")]),
        ('<span class="tg-spoiler">a</span>', "a", [("spoiler", 0, 1, "")]),
        ("<code>a</code>", "a", [("code", 0, 1, "")]),
        ("<pre>a</pre>", "a", [("pre", 0, 1, "")]),
        ('<pre><code class="language-py">a</code></pre>', "a", [("pre", 0, 1, "py")]),
        ("<blockquote>a</blockquote>", "a", [("blockquote", 0, 1, "")]),
        ("<blockquote expandable>a</blockquote>", "a", [("expandable_blockquote", 0, 1, "")]),
        ("<a href='http://Example.org'>a</a>", "a", [("text_link", 0, 1, "http://example.org/")]),
        ("<a>example.org/x</a>", "example.org/x", [("text_link", 0, 13, "http://example.org/x")]),
        ("<a href='nowhere'>a</a>", "a", []),
        ('<a href="tg://user?id=1001">a</a>', "a", [("text_mention", 0, 1, "1001")]),
        ('<tg-emoji emoji-id="536">😀</tg-emoji>', "😀", [("custom_emoji", 0, 2, "536")]),
        ("<B>a</B>", "a", [("bold", 0, 1, "")]),
        ("<b>a</>", "a", [("bold", 0, 1, "")]),
        ("<b></b>a", "a", []),
        ("&lt;b&gt; &amp;amp; &quot;&#65;&#x1F600; &nbsp; &", '<b> &amp; "A😀 &nbsp; &', []),
        ("<b>😀<i>สวัสดี</i></b>", "😀สวัสดี", [("bold", 0, 8, ""), ("italic", 2, 6, "")]),
        ("  <b> a </b>  ", "a", [("bold", 0, 1, "")]),
    ],
)
def test_html_becomes_text_and_entities(source: str, text: str, entities: list[tuple[str, int, int, str]]) -> None:
    assert parsed(source) == (text, entities)


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("*a _b_*", "a b", [("bold", 0, 3, ""), ("italic", 2, 1, "")]),
        ("__a__ ~b~ ||c||", "a b c", [("underline", 0, 1, ""), ("strikethrough", 2, 1, ""), ("spoiler", 4, 1, "")]),
        ("`a\\`.`", "a`.", [("code", 0, 3, "")]),
        ("```py\nx = 1```", "x = 1", [("pre", 0, 5, "py")]),
        ("[a\\.](https://example.org/\\))", "a.", [("text_link", 0, 2, "https://example.org/)")]),
        ("![😀](tg://emoji?id=5)", "😀", [("custom_emoji", 0, 2, "5")]),
        (">a\n>b\nc", "a\nb\nc", [("blockquote", 0, 4, "")]),
        (">a\n>b||", "a\nb", [("expandable_blockquote", 0, 3, "")]),
        ("1\\.5 \\- 2", "1.5 - 2", []),
    ],
)
def test_markdown_v2_becomes_text_and_entities(
    source: str, text: str, entities: list[tuple[str, int, int, str]]
) -> None:
    assert parsed(source, "MarkdownV2") == (text, entities)


def test_the_older_markdown_knows_four_marks() -> None:
    source = "*a* _b_ `c` [d](example.org) \\*"
    expected = [
        ("bold", 0, 1, ""),
        ("italic", 2, 1, ""),
        ("code", 4, 1, ""),
        ("text_link", 6, 1, "http://example.org/"),
    ]
    assert parsed(source, "Markdown") == ("a b c d *", expected)


def test_entities_are_counted_in_utf16_in_every_script() -> None:
    for word in ("hello", "😀👨‍👩‍👧", "สวัสดีครับ", "مرحبا بك", "e\u0301𝒳"):
        text = f"😀 {word} <b>{word}</b> https://example.org/x ขอบคุณ"
        formatted = formatted_text(text, "HTML", None)
        bold, url = formatted.entities
        assert (covered(formatted, bold), covered(formatted, url)) == (word, "https://example.org/x")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("/start ref_1", [("bot_command", "/start")]),
        ("hi /help@panel_bot now", [("bot_command", "/help@panel_bot")]),
        ("a/b 1/2", []),
        ("😀/start", [("bot_command", "/start")]),
        ("@mina and mail@example.org", [("mention", "@mina"), ("email", "mail@example.org")]),
        ("see https://example.org/a_(b)?c=1#d.", [("url", "https://example.org/a_(b)?c=1#d")]),
        ("(example.org/x)", [("url", "example.org/x")]),
        ("file.txt 1.5 v2.0", []),
        ("#สวัสดี #1 #tag", [("hashtag", "#สวัสดี"), ("hashtag", "#tag")]),
        ("$USD $x", [("cashtag", "$USD")]),
        ("+1 234 567 8901", [("phone_number", "+1 234 567 8901")]),
        ("https://example.org/@mina", [("url", "https://example.org/@mina")]),
    ],
)
def test_what_people_type_is_recognised(text: str, found: list[tuple[str, str]]) -> None:
    formatted = plain_text(text)
    assert [(e.type.value, covered(formatted, e)) for e in formatted.entities] == found


def test_nothing_is_recognised_inside_code_and_links() -> None:
    source = '<code>/start @mina</code> <a href="https://example.org">@theo</a> <b>@iris</b>'
    formatted = formatted_text(source, "HTML", None)
    kinds = [entity.type.value for entity in formatted.entities]
    assert kinds == ["code", "text_link", "bold", "mention"]


def test_links_are_kept_as_telegram_writes_them() -> None:
    assert check_link("HTTPS://Example.org") == "https://example.org/"
    assert check_link("example.org:8443/Path?q") == "http://example.org:8443/Path?q"
    assert check_link("tg://user?id=1") == "tg://user?id=1"
    for here in ("http://127.0.0.1:8101/pay?invoice=7", "http://[::1]:8101/pay"):
        assert check_link(here) == here
    for wrong in ("localhost", "http://", "mailto:a@b.cd", "javascript:alert(1)", "http://x.org:port/", "a b.com"):
        with pytest.raises(BadLinkError):
            check_link(wrong)


@given(TEXTS)
def test_escaped_text_comes_back_as_it_was(text: str) -> None:
    source = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert formatted_text(source, "HTML", None) == plain_text(text)


@given(TEXTS)
def test_escaped_markdown_comes_back_as_it_was(text: str) -> None:
    source = "".join(f"\\{char}" if char in r"\_*[]()~`>#+-=|{}.!" else char for char in text)
    assert formatted_text(source, "MarkdownV2", None) == plain_text(text)


class _Nesting(HTMLParser):
    """Text of a piece of HTML; fails when tags are not properly nested or not among the page's own."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.stack: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in {"b", "i", "u", "s", "code", "pre", "a", "blockquote", "span"}
        assert all(name in {"href", "class"} for name, _ in attrs)
        self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.data(), TEXTS)
def test_any_entities_are_drawn_as_well_formed_html(data: st.DataObject, text: str) -> None:
    length = utf16_length(text)
    places = st.integers(min_value=0, max_value=length)
    spans = data.draw(st.lists(st.tuples(st.sampled_from(STYLES), places, places), max_size=6))
    entities = tuple(Entity(kind, min(a, b), abs(a - b), 'javascript:"x"') for kind, a, b in spans)
    page = _Nesting()
    page.feed(to_html(tidy(Formatted(text, entities))))
    page.close()
    assert not page.stack
    assert page.text.split() == text.split()


def test_nothing_a_bot_sends_becomes_live_html() -> None:
    nasty = '<img src=x onerror=alert(1)> & "quotes"'
    assert to_html(Formatted(nasty)) == escape(nasty)
    link = Formatted("x", (Entity(EntityType.TEXT_LINK, 0, 1, "javascript:alert(1)"),))
    assert to_html(link) == '<a href="https://javascript:alert(1)">x</a>'


def test_overlapping_entities_are_drawn_nested() -> None:
    entities = (Entity(EntityType.BOLD, 0, 3), Entity(EntityType.ITALIC, 2, 3))
    assert to_html(Formatted("abcde", entities)) == "<b>ab<i>c</i></b><i>de</i>"
