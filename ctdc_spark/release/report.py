"""The summary of a release for readers who are not engineers, as Markdown and as a page to print.

Made from published tables alone. Every sentence in quotation marks may be quoted as it stands.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ctdc_spark.evaluation.homogeneity import GROUPS, SharedAttribute
from ctdc_spark.release.dp_report import (
    describe_noisy_absence,
    describe_noisy_counts,
    describe_noisy_promises,
    is_noisy,
)
from ctdc_spark.release.ledger import GROUP_SIZE, protection_of
from ctdc_spark.release.promises import (
    has_derivable_counts,
    own_promises,
    state_copies,
    state_counts,
    state_guarantee,
    state_input,
)

FIGURES = (
    ("combinations", "published combinations", "{:,.0f}"),
    ("presence", "of these, found in the synthetic records", "{:.1%}"),
    ("mean_relative_error", "mean relative error of a count taken from the synthetic records", "{:.1%}"),
    ("mean_absolute_error", "the same in people", "{:,.1f}"),
    ("homogeneous_groups", "groups that wholly share a further attribute, as far as counts tell", "{:,.0f}"),
    ("rare", "combinations of too few people in the synthetic records", "{:.0f}"),
    ("fabrication", "combinations of nobody in the synthetic records", "{:.0f}"),
    ("noise_scale", "standard deviation of the noise on a measured count", "{:,.1f}"),
    ("expected_absolute_error", "a published count is off by about this many people", "{:,.1f}"),
    ("expected_fabrication", "published combinations that probably nobody has", "{:.1%}"),
    ("expected_suppression", "combinations that probably should be published and are not", "{:.1%}"),
)

STYLE = (
    "body{max-width:46rem;margin:2rem auto;padding:0 1rem;font:1rem/1.5 Georgia,serif;color:#222}"
    "h1,h2{font-family:sans-serif;line-height:1.2}h2{margin-top:2rem;font-size:1.15rem}"
    "blockquote{margin:1rem 0;padding:.2rem 1rem;border-left:4px solid #555;background:#f5f5f5}"
    "table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{padding:.25rem .5rem;border-bottom:1px solid #ccc;"
    "text-align:right}th:first-child,td:first-child{text-align:left}code{font-size:.9em}"
    "@media print{body{margin:0;max-width:none}h2{break-after:avoid}table{break-inside:avoid}}"
)


@dataclass(frozen=True)
class Published:
    """What a summary is about.

    Attributes:
        ledger: the release's row.
        metrics: the metrics that are not by count.
        columns: their names.
        sensitive: the columns that the settings call sensitive.
        shared: the largest groups that wholly share an attribute of one of these.
    """

    ledger: Mapping[str, Any]
    metrics: Sequence[Mapping[str, Any]]
    columns: Sequence[str]
    sensitive: Sequence[str] = ()
    shared: Sequence[SharedAttribute] = ()


def write_markdown(release: Published) -> str:
    """The summary as Markdown."""
    ledger = release.ledger
    noisy = is_noisy(ledger)
    parts = [
        f"# {escape_markdown(ledger['title'])}",
        f"Release `{ledger['release_id']}`, published {ledger['published_at']:%d %B %Y}.",
        "## What was published",
        f"- **{ledger['number_of_synthetic_records']:,} synthetic records** with {len(release.columns)} columns. They "
        "are artificial: no record stands for a person, and their number is not the number of people.",
        describe_noisy_counts(ledger, _count_combinations(release)) if noisy else _describe_counts(ledger),
        "- A page to explore both, a codebook of all values, and the figures below.",
        *describe_promises(ledger),
        *_describe_shared(release),
        *describe_closeness(release),
        "## How to read the data",
        *describe_absence(ledger),
        "- **Percentages** are of the records with any information in the column or its group, not of all records.",
        "- **The people are those who were identified and reported.** They are not a random sample, and nothing here "
        "says how common something is in a population.",
    ]
    return "\n\n".join(parts) + "\n"


def describe_closeness(release: Published) -> list[str]:
    """The paragraphs on how close the synthetic records are to the counts."""
    return [
        "## How close the synthetic records are",
        _figures(release),
        *_score(release),
        "An error of 10 % means: where the counts say 200 people, the synthetic records typically show 180 or 220. "
        "Use a published count where there is one; use the records for questions that the counts do not answer, and "
        "trust them less the more attributes the question combines.",
    ]


def _count_combinations(release: Published) -> float | None:
    """How many combinations are reported; None where no metric says it."""
    found = [row["value"] for row in release.metrics if row["metric"] == "combinations" and row["value"] is not None]
    return sum(found) if found else None


def _describe_counts(ledger: Mapping[str, Any]) -> str:
    length, k = ledger["reporting_length"], ledger["reporting_threshold"]
    return (
        f"- **Counts of all combinations of up to {length} attributes** that at least {k} people share, of about "
        f"{ledger['protected_number_of_subjects']:,} people in all (rounded down)."
    )


def describe_promises(ledger: Mapping[str, Any]) -> list[str]:
    """The paragraphs on what is guaranteed and what is not."""
    if is_noisy(ledger):
        return describe_noisy_promises(ledger)
    return [
        "## What is guaranteed",
        *_describe_guarantee(ledger),
        "## What is not guaranteed",
        _describe_derived(ledger),
        "- **What a whole group has in common.** If everybody who shares some attributes also shares another one, "
        "whoever knows that a person belongs to the group learns it.",
        "- **Several releases of overlapping data.** Each release keeps the guarantee on its own. What changes from "
        "one to the next may say something about the few people who were added.",
        "- **Membership.** That a person is in the data is not hidden from those who know enough about a group.",
    ]


def _describe_guarantee(ledger: Mapping[str, Any]) -> list[str]:
    """The sentences to quote: those of a smallest group, or what the release of another protection says itself."""
    if protection_of(ledger) != GROUP_SIZE:
        own = own_promises(ledger) or {"guarantee": f"The release keeps the guarantee named {ledger['guarantee']}."}
        return [f'> "{escape_markdown(text)}"' for text in own.values()]
    return [
        f'> "{state_guarantee(ledger)}"',
        f'> "{state_counts(ledger)}"',
        f"Both were verified before publication, for every record and every count, against {state_input(ledger)}. Had "
        "one failed, nothing would have been published.",
        f'> "{state_copies(ledger)}"',
    ]


def _describe_derived(ledger: Mapping[str, Any]) -> str:
    """What the counts say together, beyond what each says."""
    k = ledger["reporting_threshold"]
    precision = ledger["reporting_precision"]
    if has_derivable_counts(ledger):
        return (
            f"- **Groups of fewer than {k} people.** Whoever made this release accepted that their counts can often be "
            f"worked out from the published ones, many exactly, because these go in steps of {precision}."
        )
    return (
        "- **What several counts say together.** Counts of a whole and of its parts can be subtracted from each other. "
        f"Each is uncertain by up to {precision - 1}, so this gives a range; in some cases it shows that a combination "
        "that is not listed is shared by somebody."
    )


def describe_absence(ledger: Mapping[str, Any]) -> list[str]:
    """What an empty cell and a missing count mean."""
    if is_noisy(ledger):
        return describe_noisy_absence(ledger)
    length, k = ledger["reporting_length"], ledger["reporting_threshold"]
    narrowed = (
        "how many can often be worked out from other counts, in many cases exactly"
        if has_derivable_counts(ledger)
        else "in some cases other counts narrow this down"
    )
    return [
        "- **An empty cell is not a no.** It means unknown, not applicable, or withheld as too rare.",
        f"- **A combination without a count is not zero.** If it has up to {length} attributes, fewer than {k} people "
        f"share it, or nobody; {narrowed}. Longer combinations are not listed, however many people share them.",
    ]


def _describe_shared(release: Published) -> list[str]:
    """What whole groups have in common, as far as the counts tell; nothing if the release does not say."""
    by_length = {m["length"]: m["value"] for m in release.metrics if m["metric"] == GROUPS}
    if not by_length:
        return []
    number, step = sum(by_length.values()), release.ledger["reporting_precision"]
    parts = [
        "## What whole groups have in common",
        f"**{number:,.0f} published groups** of up to {max(by_length)} attributes wholly share a further attribute, as "
        "far as the published counts tell: whoever knows that a person belongs to such a group learns it."
        + (" These counts are estimates, and so is this number." if is_noisy(release.ledger) else ""),
    ]
    named = escape_markdown(", ".join(release.sensitive))
    if not release.sensitive:
        return [*parts, "The settings name no sensitive columns, so none of these groups is listed."]
    if not release.shared:
        return [*parts, f"No group wholly shares an attribute of the sensitive columns ({named})."]
    lines = [f"- {escape_markdown(shared.describe(step))}." for shared in release.shared]
    return [*parts, f"The largest that share an attribute of the sensitive columns ({named}):", "\n".join(lines)]


def write_html(markdown: str, title: str) -> str:
    """The summary as one page without script or anything to load; reads the Markdown that `write_markdown` makes."""
    blocks = [_to_html(block) for block in markdown.strip().split("\n\n")]
    head = (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f'<meta name="viewport" content="width=device-width"><title>{html.escape(title)}</title><style>{STYLE}</style>'
    )
    return f"{head}</head><body>\n" + "\n".join(blocks) + "\n</body></html>\n"


def _figures(release: Published) -> str:
    lengths = sorted({row["length"] for row in release.metrics if row["length"] is not None})
    value = {(row["metric"], row["length"]): row["value"] for row in release.metrics}
    names = [f"{length} attribute{'s' * (length > 1)}" for length in lengths]
    lines = ["| combinations of | " + " | ".join(names) + " |", "|---|" + "---|" * len(lengths)]
    found = {metric for metric, _ in value}
    for metric, title, form in (figure for figure in FIGURES if figure[0] in found):
        cells = [form.format(value[metric, n]) if (metric, n) in value else "-" for n in lengths]
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _score(release: Published) -> list[str]:
    """What the k-marginal score says, where there is one."""
    value = {row["metric"]: row["value"] for row in release.metrics if row["length"] is None}
    if "k_marginal" not in value:
        return []
    if "k_marginal_half_split" not in value:
        return [
            "Over two or three columns at a time, the shares of all combinations of their values reach "
            f"{value['k_marginal']:.0f} of 1,000 points (k-marginal score). It compares the records with the published "
            "counts, taking each count as the middle of the range that it stands for, and all that is absent or "
            "withheld as one; it cannot see what rounding hides."
        ]
    return [  # an earlier release, whose score was computed from the case records
        f"Over two or three columns at a time, the shares of all values together reach {value['k_marginal']:.0f} of "
        "1,000 points (k-marginal score); two random halves of the original data reach "
        f"{value['k_marginal_half_split']:.0f} against each other, which is what chance alone allows."
    ]


def escape_markdown(text: str) -> str:
    """Text on one line, with Markdown's own characters escaped."""
    return re.sub(r"([\\`*_\[\]<>#|])", r"\\\1", " ".join(text.split()))


def _to_html(block: str) -> str:
    lines = block.split("\n")
    if lines[0].startswith("#"):
        level = len(lines[0]) - len(lines[0].lstrip("#"))
        return f"<h{level}>{_inline(lines[0][level + 1 :])}</h{level}>"
    if lines[0].startswith("|"):
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if not line.startswith("|---")]
        return "<table>" + _row(rows[0], "th") + "".join(_row(row, "td") for row in rows[1:]) + "</table>"
    if lines[0].startswith("> "):
        return f"<blockquote>{_inline(block[2:])}</blockquote>"
    if lines[0].startswith("- "):
        items = "".join(f"<li>{_inline(item)}</li>" for item in block[2:].split("\n- "))
        return f"<ul>{items}</ul>"
    return f"<p>{_inline(block)}</p>"


def _row(cells: Sequence[str], kind: str) -> str:
    return "<tr>" + "".join(f"<{kind}>{_inline(cell)}</{kind}>" for cell in cells) + "</tr>"


def _inline(text: str) -> str:
    """Bold, code and escaped characters of one run of Markdown."""
    shown = html.escape(text, quote=False)
    shown = re.sub(r"(?<!\\)\*\*(.+?)\*\*", r"<strong>\1</strong>", shown)
    shown = re.sub(r"(?<!\\)`(.+?)`", r"<code>\1</code>", shown)
    return re.sub(r"\\(&lt;|&gt;|.)", r"\1", shown)
