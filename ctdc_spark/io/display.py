"""How results show themselves where a person looks: as HTML in a notebook. Every text is escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

CELL = "text-align:left;padding:2px 12px 2px 0;vertical-align:top"


def html_result(title: str, *parts: str) -> str:
    """A titled block of parts that are HTML already.

    Example:
        >>> html_result("k < 10", html_text("a & b"))
        '<div><b>k &lt; 10</b><div>a &amp; b</div></div>'
    """
    return f"<div><b>{html.escape(title)}</b>{''.join(parts)}</div>"


def html_text(text: str) -> str:
    """A line of text."""
    return f"<div>{html.escape(text)}</div>"


def html_lines(text: str) -> str:
    """Lines as they are, in a fixed-width font."""
    return f"<pre>{html.escape(text)}</pre>"


def html_list(items: Iterable[str]) -> str:
    """Sentences, each on its own line; nothing if there are none."""
    found = "".join(f"<li>{html.escape(item)}</li>" for item in items)
    return f"<ul>{found}</ul>" if found else ""


def html_table(rows: Iterable[Sequence[object]], head: Sequence[str] = ()) -> str:
    """A table; numbers are shown as they are given."""
    top = "".join(f'<th style="{CELL}">{html.escape(name)}</th>' for name in head)
    body = "".join(
        "<tr>" + "".join(f'<td style="{CELL}">{html.escape(str(cell))}</td>' for cell in row) + "</tr>" for row in rows
    )
    return f"<table>{f'<tr>{top}</tr>' if top else ''}{body}</table>"
