"""HTML pages that need nothing else."""

import re
from html.parser import HTMLParser

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genrelab.html import page
from genrelab.html.page import Cell, Picture


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


def explore(title="mine", lead="said", classes=None, pictures=(), left_out=None, more=0):
    empty = page.table([], [])
    return page.render(
        "explore",
        title=title,
        lead=lead,
        classes=classes or empty,
        pictures=pictures,
        left_out=left_out or empty,
        more=more,
    )


def test_a_page_stands_alone():
    html = explore(pictures=[Picture(b"\x89PNG", "c")])
    assert Read(html).open == []
    assert not re.search(r"<link|https?:|@import|url\(|<script[^>]*src", html)
    assert '<img alt="c" src="data:image/png;base64,iVBORw==">' in html


@given(st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1))
def test_names_are_text_whatever_is_in_them(name):
    table = page.table([name, Cell(name)], [[name, page.number(name)], [Cell(name, sound=name), name]])
    plain = Read(explore("x", "x", page.table(["x"], [[Cell("x", sound="x")]]), [Picture(b"", "x")], table))
    found = Read(explore(name, name, page.table([name], [[name]]), [Picture(b"", name)], table))
    assert "".join(found.texts).count(name) >= 11
    assert found.open == []
    assert found.tags == plain.tags


def test_a_section_of_nothing_is_not_there():
    assert "Left out" not in explore()
    assert "Left out" in explore(left_out=page.table(["file"], [["a"]]))


def test_numbers_stand_at_the_right_in_head_and_rows():
    html = explore(classes=page.table(["name", page.number("n")], [["a", page.number(3)]]))
    assert '<th>name</th><th class="number">n</th>' in html
    assert '<td>a</td><td class="number">3</td>' in html


def test_a_table_of_three_rows_can_be_sorted():
    assert 'class="sortable"' not in explore(classes=page.table(["n"], [["1"], ["2"]]))
    assert 'class="sortable"' in explore(classes=page.table(["n"], [["1"], ["2"], ["3"]]))


def test_shares_shade_and_intervals_are_drawn():
    html = explore(classes=page.table(["n"], [[page.number(5, share=0.5), page.number(7, interval=(0.25, 0.5, 1))]]))
    assert '<td class="number shaded" style="--share: 0.5">5</td>' in html
    assert '<line x1="25.0" x2="100"' in html or '<line x1="25.0" x2="100.0"' in html


def test_a_value_that_a_template_lacks_is_an_error():
    with pytest.raises(jinja2.UndefinedError, match="title"):
        page.render("explore")
