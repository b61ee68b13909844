"""A proposed settings file as text: YAML with a comment beside what deserves a look."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ctdc_spark.cases.profile import ColumnProfile, round_count
from ctdc_spark.cases.values_as_names import ask_header

RESOLUTION = 10
LENGTH = 3
RARE_SHARE = 0.05
"""Grouping rare values is proposed from this share of records with such values."""

LEFT_OUT = {
    "identifier": "looks like an identifier: nearly every record has a value of its own",
    "free_text": "looks like free text, in which people may be described",
    "empty": "holds no value",
    "repeated": "looks as if it told people apart who have several rows each: is it the subject_id?",
    "constant": "holds the same value everywhere",
}
"""Kinds of columns that are not proposed for use, with the reason."""

_FALLBACK = "Grouped rare values"  # where the data hold all names that are tried

_KINDS = {"flag": "flag", "category": "category", "number": "number", "multi_value": "several values per cell"}

_HEAD = """\
# Proposed after a look at the data. It is a start, not a judgement: you know what the columns mean and who
# could be recognised. Read every line, then run: ctdc-spark check FILE
# All keys are described in the reference of the settings."""


@dataclass(frozen=True)
class Proposal:
    """What is proposed, before it is written down.

    Attributes:
        keys: the settings that say what is read and where results go.
        profiles: of the columns that can be used.
        unusable: other columns, with the reason.
        edges: of columns of numbers.
    """

    keys: Mapping[str, object]
    profiles: Sequence[ColumnProfile]
    unusable: Mapping[str, str]
    edges: Mapping[str, Sequence[float]]

    @property
    def used(self) -> list[ColumnProfile]:
        """The columns that are proposed for use."""
        return [profile for profile in self.profiles if profile.kind not in LEFT_OUT]


def write_proposal(proposal: Proposal) -> str:
    """Return the text of the settings file."""
    sections = (_write_input, _write_columns, _write_values, _write_absence, _write_protection, _write_output)
    texts = ["\n".join(section(proposal)) for section in sections]
    return "\n\n".join([_HEAD, *(text for text in texts if text)]) + "\n"


def _write_input(proposal: Proposal) -> Iterator[str]:
    for key, value in proposal.keys.items():
        if key.startswith("sensitive_microdata_"):
            yield f"{key}: {_quote(value)}"


def _write_columns(proposal: Proposal) -> Iterator[str]:
    repeated = [profile.name for profile in proposal.profiles if profile.kind == "repeated"]
    for name in repeated:
        yield "# Are several rows one person? The values of this column come again, with the same values in others."
        yield f"# If so, take the # away, so that people are counted and not rows: subject_id: {_quote(name)}"
        yield "# If every row is another person, confirm it instead: one_row_per_subject: true"
    unique = [profile.name for profile in proposal.profiles if profile.kind == "identifier"]
    for name in unique:
        yield f"# subject_id: {_quote(name)}  # if it tells the subjects apart"
    for question in ask_header(proposal.profiles):
        yield textwrap.fill(question, 110, initial_indent="# ", subsequent_indent="# ")
    yield "# The names below are published. Are all of them names, and none a value?"
    yield "use_columns:"
    for profile in proposal.profiles:
        if profile.kind in LEFT_OUT:
            yield f"  # - {_quote(profile.name)}  # left out: {LEFT_OUT[profile.kind]}"
        else:
            yield f"  - {_quote(profile.name)}  # {_describe(profile)}"
    for name, why in proposal.unusable.items():
        yield f"  # - {_quote(name)}  # left out: {why}"


def _write_values(proposal: Proposal) -> Iterator[str]:
    """Ranges, several values per cell, and rare values."""
    joined = [profile for profile in proposal.used if profile.kind == "multi_value"]
    rare = [profile for profile in proposal.used if profile.kind == "category" and profile.rare >= RARE_SHARE]
    numbers = [profile for profile in proposal.used if profile.kind == "number"]
    if joined:
        yield "multi_value_columns:"
        yield from (f"  {_quote(profile.name)}: {_quote(profile.delimiter)}" for profile in joined)
    if any(profile.name in proposal.edges for profile in numbers):
        yield "# Edges are rounded; a number on an edge is in the range above. Use those your readers know."
        yield "# They came from a look at the data: with protection: dp choose others, without looking."
        yield "bins:"
        for name, edges in proposal.edges.items():
            yield f"  {_quote(name)}: {{edges: [{', '.join(f'{edge:.12g}' for edge in edges)}]}}"
    for profile in numbers:
        if profile.name not in proposal.edges:
            yield (
                f"# {_quote(profile.name)} looks like a number: bin it once what is not a number in it is listed in "
                "column_missing_values"
            )
    if rare:
        yield "# Values that too few subjects hold are put together; otherwise they would be left out."
        yield "group_rare_values:"
        yield from (f"  {_quote(profile.name)}: {{into: {profile.into or _FALLBACK}}}" for profile in rare)


def _write_absence(proposal: Proposal) -> Iterator[str]:
    yield "# An empty cell means absent, and so does 0 but in bins. List what else does, such as unknown or -99:"
    yield "# missing_values: [unknown]"
    kept = proposal.edges.keys()  # ranges keep 0
    zeros = [_quote(p.name) for p in proposal.used if p.zeros and p.kind != "flag" and p.name not in kept]
    if zeros:
        yield "# These hold 0 beside other values; name those in which 0 says something about a person:"
        yield f"# sensitive_zeros: [{', '.join(zeros)}]"


def _write_protection(proposal: Proposal) -> Iterator[str]:
    yield "# The smallest group that may be described, and the step between reported counts:"
    yield f"reporting_resolution: {RESOLUTION}"
    yield "# The longest combinations of attributes that are counted:"
    yield f"reporting_length: {min(LENGTH, len(proposal.used))}"
    yield "# With protection: dp what is declared must not come from the data: choose the columns, edges and values"
    yield "# (domain) from a codebook, not from what this file proposes after a look."


def _write_output(proposal: Proposal) -> Iterator[str]:
    yield "# What may be published, and what may not; they must lie apart:"
    yield from (f"{key}: {_quote(proposal.keys[key])}" for key in ("output_dir", "sensitive_dir"))


def _describe(profile: ColumnProfile) -> str:
    values = "different cells" if profile.kind == "multi_value" else "values"
    said = _KINDS[profile.kind]
    if profile.kind != "flag":
        said += f", {round_count(profile.distinct)} {values if profile.distinct != 1 else 'value'}"
    return f"{said}, in {max(profile.present, 0.01):.0%} of the records" if profile.present < 1 else said


def _quote(value: object) -> str:
    """Return text as YAML that is read back as the same text."""
    text = str(value)
    return json.dumps(text, ensure_ascii=not text.isprintable())
