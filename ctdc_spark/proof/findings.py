"""What a verification found, in words for people and in a form for machines; counts and column names, never values."""

from __future__ import annotations

import html
import json
from dataclasses import asdict, dataclass
from typing import Any

from ctdc_spark.errors import PrivacyGateError

SENTENCES = {
    "values": "values in the synthetic records that fewer than k subjects have",
    "records": "{sets} that fewer than k subjects share",
    "number_of_records": "numbers of synthetic records that differ from the ledger's",
    "subjects": "numbers of subjects that differ from the protected number",
    "reported_values": "reported combinations with a value that fewer than k subjects have",
    "form": "reported combinations that repeat an attribute, or of a length misstated or above the reporting length",
    "precision": "reported counts that are not multiples of the precision",
    "threshold": "reported counts below the threshold",
    "repeated": "reported combinations that are reported more than once",
    "parts": "reported combinations with a part that is not reported",
    "rare": "reported combinations that fewer than k subjects share",
    "counts": "reported counts that are not the protected true count",
    "complete": "combinations that should have been reported and are not",
    "domain": "values in the synthetic records that are not in the codebook",
    "declared": "values in the codebook that the settings do not declare",
    "reported_domain": "reported combinations with a value that is not in the codebook",
    "fabricated": "reported combinations that fewer than k synthetic records hold",
    "agreement": "reported counts that are not those of the synthetic records",
    "left_out": "combinations that k or more synthetic records hold but that are not reported",
    "costs": "rows of the privacy budget whose cost does not follow from their noise",
    "guarantee": "guarantees that do not follow from the privacy budget",
    "delta": "deltas above 1 / (10 x number of subjects)",
    "noise_scales": "lengths whose counts state a noise scale other than the privacy budget's",
    "noisy": "single counts that equal the true ones, more than noise allows",
    "attribute_metrics": "attributes or columns whose metrics do not follow from the published records and counts",
    "metrics": "metrics by length that do not follow from the published records and counts",
    "homogeneity": "metrics of wholly shared attributes that do not follow from the published counts",
    "coverage": "columns or groups of flags whose numbers of subjects with information are not the published ones",
    "named_values": "values in the codebook or the metrics that have no reported count",
}
"""What each check counts as failed."""


@dataclass(frozen=True)
class Finding:
    """The outcome of one check.

    Attributes:
        check: a key of SENTENCES.
        checked: how many were checked.
        failed: how many break the promise.
        lengths: numbers of attributes of those that failed.
        columns: columns of those that failed.
        sets: what was checked, where the sentence leaves it open.
    """

    check: str
    checked: int
    failed: int
    lengths: tuple[int, ...] = ()
    columns: tuple[str, ...] = ()
    sets: str = ""

    def describe(self) -> str:
        """One line: what was checked, and how many failed."""
        found = SENTENCES[self.check].format(sets=self.sets)
        where = [f"of {', '.join(map(str, self.lengths))} attributes"] * bool(self.lengths)
        where += [f"columns: {', '.join(self.columns)}"] * bool(self.columns)
        return f"{self.failed:,} {found}" + (f" ({'; '.join(where)})" if where else "") + f", of {self.checked:,}"


@dataclass(frozen=True)
class Verification:
    """The outcomes of all checks of one release or of files from elsewhere.

    Attributes:
        findings: one per check.
        remark: what else a reader of the outcome should know.
    """

    findings: tuple[Finding, ...]
    remark: str = ""

    @property
    def failed(self) -> tuple[Finding, ...]:
        """The checks that found something."""
        return tuple(finding for finding in self.findings if finding.failed)

    def require(self) -> None:
        """Refuse what did not pass.

        Raises:
            PrivacyGateError: states for each failed check how many failed, of which lengths and columns.
        """
        if self.failed:
            found = "; ".join(finding.describe() for finding in self.failed)
            raise PrivacyGateError(f"privacy gate: verification found {found}; allowed: none")

    def describe(self) -> str:
        """All checks, one per line."""
        return "\n".join(f"  {'FAILED' if f.failed else 'ok':<7} {f.describe()}" for f in self.findings)

    def __repr__(self) -> str:
        return self.describe()

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{'FAILED' if one.failed else 'ok'}</td><td>{html.escape(one.describe())}</td></tr>"
            for one in self.findings
        )
        head = "FAILED" if self.failed else f"verified: all {len(self.findings)} checks hold"
        return f"<div><b>{head}</b><table>{rows}</table></div>"

    def to_json(self) -> str:
        """The same for machines: {"verified": bool, "checks": [{check, asked, failed, lengths, columns, sets}]}."""
        checks = [_to_published(finding) for finding in self.findings]
        return json.dumps({"verified": not self.failed, "checks": checks}, ensure_ascii=False)


def _to_published(finding: Finding) -> dict[str, Any]:
    """The finding under the keys that published proofs have."""
    return {"asked" if name == "checked" else name: value for name, value in asdict(finding).items()}
