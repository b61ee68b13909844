"""The public names: there are few, they cost nothing before they are used, and the reference page lists all of them."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import ctdc_spark as ctdc
from tools.make_api_page import PAGE, make_page

HEAVY = ("pyspark", "pydantic", "pandas", "pyarrow", "numpy", "rich", "click", "yaml")


def modules_after(statement: str) -> set[str]:
    """The modules that a separate process has loaded after a statement."""
    program = f"{statement}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_to_import_the_package_loads_nothing_large() -> None:
    loaded = modules_after("import ctdc_spark as ctdc; dir(ctdc); ctdc.__all__; ctdc.__version__")
    assert not loaded & set(HEAVY)
    assert {name for name in loaded if name.startswith("ctdc_spark")} == {"ctdc_spark", "ctdc_spark.version"}


def test_settings_and_errors_need_no_spark() -> None:
    assert "pyspark" not in modules_after(
        "import ctdc_spark as ctdc; ctdc.Settings; ctdc.load_settings; ctdc.CtdcError"
    )


@pytest.mark.parametrize("name", ctdc.__all__)
def test_every_public_name_is_there_and_says_what_it_is(name: str) -> None:
    found = getattr(ctdc, name)
    assert name in dir(ctdc)
    if name != "__version__":
        assert inspect.getdoc(found)


def test_public_names_are_few_and_those_that_editors_are_told() -> None:
    assert len(ctdc.__all__) <= 15
    told = {line.split()[-1] for line in inspect.getsource(ctdc).splitlines() if line.startswith("    from ")}
    assert told | {"__version__"} == set(ctdc.__all__)


def test_another_name_is_refused_as_of_any_module() -> None:
    with pytest.raises(AttributeError, match="module 'ctdc_spark' has no attribute 'publisher'"):
        ctdc.publisher  # noqa: B018 - to ask is the test


def test_the_reference_page_is_made_of_the_docstrings() -> None:
    assert PAGE.read_text(encoding="utf-8") == make_page(), "python -m tools.make_api_page writes it anew"


def public_functions() -> list[tuple[str, object]]:
    """Every public function and method, by its name on the page."""
    found: list[tuple[str, object]] = [(n, getattr(ctdc, n)) for n in ("load_settings", "open_release")]
    found.append(("register_synthesizer", ctdc.register_synthesizer))
    for kind in (ctdc.Publisher, ctdc.Release):
        methods = [name for name in vars(kind) if not name.startswith("_") and callable(getattr(kind, name))]
        found += [(f"{kind.__name__}.{name}", getattr(kind, name)) for name in methods]
    return found


@pytest.mark.parametrize(
    ("name", "function"), public_functions(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_function_tells_its_arguments_and_shows_an_example(name: str, function: object) -> None:
    told = str(inspect.getdoc(function))
    assert "Example:" in told, name
    for parameter in inspect.signature(function).parameters:  # type: ignore[arg-type]
        assert parameter == "self" or f"    {parameter}: " in told, (name, parameter)


def test_the_tour_uses_names_that_exist() -> None:
    """Every attribute of the guided tour is one of the classes it is used on."""
    tour = str(ctdc.__doc__)
    for line in tour.splitlines():
        for noun, kind in (("publisher.", ctdc.Publisher), ("release.", ctdc.Release)):
            for part in line.split(noun)[1:]:
                name = part.partition("(")[0].split()[0].rstrip("`,.")
                if "(" in part:
                    assert hasattr(kind, name), line


def test_the_page_lies_where_the_list_of_pages_says() -> None:
    assert "reference/api.md" in (Path(PAGE).parents[1] / "README.md").read_text(encoding="utf-8")
