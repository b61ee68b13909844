"""Write the reference page of the public API from the docstrings of its names: `python -m tools.make_api_page`."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ctdc_spark
from ctdc_spark.api import counts, estimates, findings
from ctdc_spark.forecast import forecast
from ctdc_spark.proof import findings as proof_findings
from ctdc_spark.release import difference

PAGE = Path(__file__).parents[1] / "docs/reference/api.md"

INTRODUCTION = """\
# The Python API

What a notebook or a program needs, and what the jobs and the command line use themselves. Generated from the docstrings
by `python -m tools.make_api_page`; a test compares the two.

```python
{tour}
```

`import ctdc_spark` by itself loads neither Spark nor pydantic nor pandas. Each method states what it raises: always a
kind of `CtdcError`, whose text names the parameter, column or key, what was found and what is allowed, and never a
value of the sensitive data.
"""

NAMES = ("load_settings", "Settings", "Publisher", "open_release", "Release", "register_synthesizer", "local_session")

RETURNED = (
    findings.Findings,
    proof_findings.Verification,
    forecast.Forecast,
    counts.ProtectedCount,
    estimates.BestFigure,
    difference.Difference,
)
"""Values that methods return; in a notebook, the last line of a cell shows them."""

LONGEST_LINE = 100

SECTIONS = ("Args", "Attributes", "Returns", "Raises", "Example")


def main() -> None:
    """Write the page."""
    PAGE.write_text(make_page(), encoding="utf-8")


def make_page() -> str:
    """The whole page."""
    tour = textwrap.dedent(str(ctdc_spark.__doc__).split("\n\n", 1)[1].split("\n\n`Publisher`")[0]).strip("\n")
    parts = [INTRODUCTION.format(tour=tour)]
    parts += [part for name in NAMES for part in _describe(name, getattr(ctdc_spark, name))]
    parts += ["## What methods return\n", "Frozen values; in a notebook the last line of a cell shows them.\n"]
    parts += [part for kind in RETURNED for part in _describe_value(kind)]
    return "\n".join([*parts, *_describe_errors()])


def _describe(name: str, thing: Any) -> Iterator[str]:
    yield f"## {name}\n"
    if name == "Settings":
        yield "```python\nSettings(**keys)\n```\n"
    elif not inspect.isclass(thing) or name == "Publisher":
        yield _show_signature(name, thing)
    yield from _write_docstring(thing)
    if name == "Publisher":
        yield from (
            part for part in _write_docstring(thing.__init__) if part.startswith(("Arguments", "Raises", "- `"))
        )
    if inspect.isclass(thing) and name != "Settings":
        for member, found in vars(thing).items():
            if not member.startswith("_"):
                yield f"### {name}.{member}\n"
                inner = found.__func__ if isinstance(found, classmethod) else found
                if not isinstance(found, property):
                    yield _show_signature(member, getattr(thing, member))
                yield from _write_docstring(inner)


def _describe_value(kind: type) -> Iterator[str]:
    yield f"### {kind.__name__}\n"
    yield from _write_docstring(kind)
    public = {name: found for name, found in vars(kind).items() if not name.startswith("_")}
    rows = [f"- `{name}()`: {_first_line(found)}" for name, found in public.items() if inspect.isfunction(found)]
    rows += [f"- `{name}`: {_first_line(found)}" for name, found in public.items() if isinstance(found, property)]
    if rows:
        yield "\n".join(rows) + "\n"


def _describe_errors() -> Iterator[str]:
    yield "## Errors\n"
    yield "| error | exit code of commands | meaning |\n|---|---|---|"
    for name in sorted(ctdc_spark.__all__):
        kind = getattr(ctdc_spark, name)
        if inspect.isclass(kind) and issubclass(kind, Exception):
            yield f"| `{name}` | {getattr(kind, 'exit_code', 1)} | {_first_line(kind)} |"
    yield ""


def _first_line(thing: Any) -> str:
    return str(inspect.getdoc(thing)).split("\n\n", 1)[0].replace("\n", " ")


def _show_signature(name: str, thing: Any) -> str:
    signature = inspect.signature(thing)
    said = []
    for parameter in signature.parameters.values():
        if parameter.name == "self":
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and "*" not in said:
            said.append("*")
        default = "" if parameter.default is parameter.empty else f" = {parameter.default!r}"
        said.append(f"{parameter.name}: {parameter.annotation}{default}")
    returned = "" if inspect.isclass(thing) else f" -> {signature.return_annotation}"
    line = f"{name}({', '.join(said)}){returned}"
    if len(line) > LONGEST_LINE:
        inner = "".join(f"    {part},\n" for part in said)
        line = f"{name}(\n{inner}){returned}"
    return f"```python\n{line}\n```\n"


def _write_docstring(thing: Any) -> Iterator[str]:
    told = str(inspect.getdoc(thing)).replace("docs/reference/settings.md", "[the reference](settings.md)")
    for title, text in _split(told):
        if title == "Example":
            code = re.sub(r"(?m)  # doctest: \+SKIP$", "", text)
            yield f"```python\n{re.sub(r'(?m)^(>>> |[.]{3} )', '', _comment_output(code))}\n```\n"
        elif title in ("Args", "Attributes", "Raises"):
            yield f"{title}:\n" if title != "Args" else "Arguments:\n"
            yield "\n".join(f"- `{name}`: {said}" for name, said in _items(text)) + "\n"
        elif title:
            yield f"{title}: {' '.join(text.split())}\n"
        else:
            yield f"{text}\n"


def _comment_output(code: str) -> str:
    return "\n".join(line if line.startswith((">>>", "...")) else f"# {line}" for line in code.splitlines())


def _split(docstring: str) -> Iterator[tuple[str, str]]:
    """The text before the sections, then each section with its title."""
    pattern = re.compile(rf"(?m)^({'|'.join(SECTIONS)}):\n")
    head, *rest = pattern.split(docstring)
    yield "", head.strip()
    for title, text in zip(rest[::2], rest[1::2], strict=True):
        yield title, textwrap.dedent(text).strip()


def _items(text: str) -> Iterator[tuple[str, str]]:
    for item in re.split(r"\n(?=\S)", text):
        name, _, said = item.partition(": ")
        yield name, " ".join(said.split())


if __name__ == "__main__":
    main()
