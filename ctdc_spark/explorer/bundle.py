"""Join the page's modules into one script, without any other tool.

The modules in `page_parts/` are plain ES modules, so that editors and the type checker understand them: a folder for
each view, and for what views share. They only import by name from each other and export declarations; joined in the
order of their imports, without the imports, they are one script.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

ENTRY = "main.js"
_IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.{1,2}/[\w./-]+\.js)";\n', re.MULTILINE)
_TYPES = re.compile(r"[ \t]*/\*\*.*?\*/ ?\n?", re.DOTALL)  # comments for the type checker
_REMARKS = re.compile(r"^\s*//.*\n", re.MULTILINE)
_INDENTS = re.compile(r"^ +", re.MULTILINE)  # no text of the page spans lines
_DECLARED = re.compile(r"^(?:async function|function|const|let|class) (\w+)", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async function|function|const|let|class)\b)", re.MULTILINE)


def bundle_script(read: Callable[[str], str], entry: str = ENTRY) -> str:
    """The script of the entry module with everything it imports, each module once, before those that use it.

    Args:
        read: Returns the text of a module; its name is its path in `page_parts/`, such as "data/payload.js".
        entry: The module to start from.

    Raises:
        ValueError: Modules import each other in a circle, two declare the same name, or one uses a form of import or
            export other than `import { a, b } from "../words/x.js";` and `export function`, `const`, `let` or `class`.
    """
    joined = "\n".join(_strip(read(name), name) for name in order_modules(read, entry))
    _require_distinct_names(joined)
    return f'(() => {{\n"use strict";\n{_shorten(joined)}\n}})();\n'


def order_modules(read: Callable[[str], str], entry: str = ENTRY) -> list[str]:
    """The names of the modules, each after those that it imports."""
    done: list[str] = []
    open_: list[str] = []

    def visit(name: str) -> None:
        if name in done:
            return
        if name in open_:
            raise ValueError(f"modules import each other in a circle: {' -> '.join([*open_, name])}")
        open_.append(name)
        for _, imported in _IMPORT.findall(read(name)):
            visit(posixpath.normpath(posixpath.join(posixpath.dirname(name), imported)))
        done.append(open_.pop())

    visit(entry)
    return done


def _strip(text: str, name: str) -> str:
    plain = _EXPORT.sub("", _IMPORT.sub("", _TYPES.sub("", text)))
    left = re.search(r"^(?:import|export)\b.*$", plain, re.MULTILINE)
    if left:
        raise ValueError(f"{name}: cannot join `{left[0]}`; import by name and export declarations")
    return plain


def _shorten(script: str) -> str:
    """The script without remarks and indentation: a fifth less to carry."""
    return _INDENTS.sub("", _REMARKS.sub("", script))


def _require_distinct_names(script: str) -> None:
    """In one script, a second function of the same name would silently replace the first."""
    names = _DECLARED.findall(script)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"modules declare the same name twice: {', '.join(twice)}")
