"""HTML pages that need nothing else."""

import base64
import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from genrelab.html import document

PAGE = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "p"}
TABLE = {"div", "table", "thead", "tbody", "tr", "th", "td"}


class Read(HTMLParser):
    """What a browser makes of a page: its texts, and the tags that were opened and not closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def test_a_page_stands_alone():
    html = document.page("mine", [document.heading("a"), document.note("b"), document.picture(b"png", "c")])
    assert Read(html).open == []
    assert not re.search(r"<script|<link|https?:|@import|url\(", html)
    assert base64.b64encode(b"png").decode() in html
    assert 'alt="c"' in html


@given(st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1))
def test_names_are_text_whatever_is_in_them(name):
    html = document.page(
        name, [document.heading(name), document.note(name), document.table([name], [[name], [document.number(name)]])]
    )
    found = Read(html)
    assert "".join(found.texts).count(name) >= 7  # title, h1, h2, note, th, two td
    assert found.open == []
    assert found.tags == PAGE | TABLE


def test_numbers_stand_at_the_right_in_head_and_rows():
    html = document.table(["name", document.number("n")], [["a", document.number(3)]])
    assert '<th>name</th><th class="number">n</th>' in html
    assert '<td>a</td><td class="number">3</td>' in html
