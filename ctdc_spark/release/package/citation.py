"""How to cite a release: as text, for BibTeX, and as a Citation File Format file (1.2.0)."""

from __future__ import annotations

import re

import yaml

from ctdc_spark.release.package.about import LICENCES, About
from ctdc_spark.release.package.tables import without_nothing

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{one: f"\\{one}" for one in "#$%&_"},
}


def cite_text(about: About) -> str:
    """One line.

    Example: An office (2026). Cases of two years (release r1) [Data set]. https://doi.org/10.1234/cases
    """
    what = f"{about.title} (release {about.release_id}) [Data set]."
    where = f" {about.doi_address or about.url}" if about.address else ""
    year = about.published[:4]
    return (f"{about.publisher} ({year}). {what}" if about.publisher else f"{what} ({year}).") + where


def cite_bibtex(about: About) -> str:
    """An entry for BibTeX."""
    key = re.sub(r"[^A-Za-z0-9.-]", "-", about.release_id)
    fields = without_nothing(
        {
            "author": f"{{{_escape(about.publisher)}}}" if about.publisher else None,
            "title": f"{{{_escape(about.title)}}}",
            "year": about.published[:4],
            "publisher": _escape(about.publisher) if about.publisher else None,
            "version": _escape(about.release_id),
            "doi": about.doi,
            "url": about.address,
            "note": "Data set: synthetic records and protected counts",
        }
    )
    return f"@misc{{{key},\n" + "".join(f"  {name} = {{{said}}},\n" for name, said in fields.items()) + "}\n"


def cite_cff(about: About) -> str | None:
    """A file CITATION.cff; None without a publisher, because it must name an author."""
    if about.publisher is None:
        return None
    spdx = about.licence if about.licence in LICENCES else None
    contact = {"name": about.publisher, "email": about.mail} if about.mail else None
    said = without_nothing(
        {
            "cff-version": "1.2.0",
            "message": "If you use these data, please cite them as below.",
            "type": "dataset",
            "title": about.title,
            "abstract": about.abstract,
            "authors": [{"name": about.publisher}],
            "contact": [contact] if contact else None,
            "version": about.release_id,
            "date-released": about.published,
            "doi": about.doi,
            "url": about.url,
            "license": spdx,
            "license-url": None if spdx else about.licence_address,
        }
    )
    return str(yaml.safe_dump(said, allow_unicode=True, sort_keys=False, width=100))


def _escape(text: str) -> str:
    """Text as LaTeX shows it."""
    return "".join(_SPECIAL.get(one, one) for one in " ".join(text.split()))
