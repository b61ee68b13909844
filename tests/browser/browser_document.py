"""A document as a tree of elements with just what the browser tests ask of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"br", "img", "input", "link", "meta", "wbr", "hr"}


@dataclass
class Element:
    """An element with its attributes, its children and, for text, the text itself."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element] = field(default_factory=list)
    own_text: str = ""

    @property
    def text(self) -> str:
        return self.own_text + "".join(child.text for child in self.children)

    @property
    def classes(self) -> set[str]:
        return set(self.attributes.get("class", "").split())

    def walk(self) -> Iterator[Element]:
        yield self
        for child in self.children:
            yield from child.walk()

    def find(self, tag: str = "", class_: str = "", **attributes: str) -> list[Element]:
        """Elements below with this tag, class and attributes; `data_x` stands for `data-x`."""
        wanted = {name.replace("_", "-"): value for name, value in attributes.items()}
        return [
            element
            for element in self.walk()
            if (not tag or element.tag == tag)
            and (not class_ or class_ in element.classes)
            and all(element.attributes.get(name) == value for name, value in wanted.items())
        ]

    def only(self, tag: str = "", class_: str = "", **attributes: str) -> Element:
        [element] = self.find(tag, class_, **attributes)
        return element

    def visible(self) -> Element:
        """The same without what is hidden or only heard."""
        kept = [
            child.visible()
            for child in self.children
            if "hidden" not in child.attributes and "hear" not in child.classes
        ]
        return Element(self.tag, self.attributes, kept, self.own_text)


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("document")
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        while tag in [element.tag for element in self._open[1:]]:
            if self._open.pop().tag == tag:
                return

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(Element("#text", own_text=data))


def parse_document(html: str) -> Element:
    parser = _Parser()
    parser.feed(html)
    parser.close()
    return parser.root
