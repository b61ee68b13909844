"""Summary and codebook: what a reader finds in them, and that no text from the data becomes markup."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import datetime, timezone
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from ctdc_spark.release.contracts import COVERAGE
from ctdc_spark.release.coverage_words import state_coverage
from ctdc_spark.release.documents import list_codebook, write_codebook_csv, write_codebook_markdown
from ctdc_spark.release.promises import EXACT_COPIES, state_counts, state_guarantee, state_promises
from ctdc_spark.release.report import Published, write_html, write_markdown

ROOT = Path(__file__).parents[3]
LEDGER: dict[str, Any] = {
    "release_id": "r1",
    "title": "Cases <b>of</b> *2026* | `x`",
    "published_at": datetime(2026, 11, 22, tzinfo=timezone.utc),
    "protected_number_of_subjects": 12_340,
    "number_of_synthetic_records": 15_001,
    "reporting_length": 3,
    "reporting_threshold": 10,
    "reporting_precision": 5,
    "guarantee": "strict",
    "synthesis_mode": "calibrated",
}
METRICS: list[dict[str, Any]] = [
    {"metric": "presence", "length": 1, "value": 1.0},
    {"metric": "presence", "length": 2, "value": 0.982},
    {"metric": "mean_relative_error", "length": 2, "value": 0.4},
    {"metric": "strict_share", "length": None, "value": 1.0},
]
RELEASE = Published(LEDGER, METRICS, ["sex", "age"])


class Checker(HTMLParser):
    """Tags that open and close, and the text between them."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - the parser's own signature
        self.seen.add(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_summary_has_the_figures_and_what_is_not_promised() -> None:
    text = write_markdown(RELEASE)
    for part in ("15,001 synthetic records", "12,340 people", "rounded down to a multiple of 5", "22 November 2026"):
        assert part in text
    for heading in ("What was published", "What is guaranteed", "What is not guaranteed", "How to read the data"):
        assert f"## {heading}\n" in text
    assert "| of these, found in the synthetic records | 100.0% | 98.2% |" in text
    assert "synthetic records | - | 40.0% |" in text


NOISY = {"guarantee": "dp: epsilon = 1, delta = 1e-06", "synthesis_mode": "mixture"}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"reporting_precision": 10},
            "fewer than 10 people share it, or nobody; in some cases other counts narrow this",
        ),
        ({}, "fewer than 10 people share it, or nobody; how many can often be worked out from other counts"),
        (NOISY, "its estimate is below 10: many people may share it, or few, or nobody."),
    ],
)
def test_what_a_missing_count_means_is_said_by_protection_and_of_counted_lengths_alone(
    changed: dict[str, Any], said: str
) -> None:
    text = write_markdown(Published(LEDGER | changed, METRICS, ["sex"]))
    assert f"**A combination without a count is not zero.** If it has up to 3 attributes, {said}" in text
    assert "Longer combinations are not listed" in text


def test_noise_promises_no_smallest_group_anywhere() -> None:
    text = write_markdown(Published(LEDGER | NOISY, METRICS, ["sex"]))
    assert "too rare" not in text
    assert "fewer than" not in text


@pytest.mark.parametrize(
    ("changed", "reported"),
    [
        ({"guarantee": "3"}, True),  # as of a release from reported counts, which the ledger does not tell apart
        ({"guarantee": "3", "synthesis_mode": "row_seeded"}, False),
        ({"guarantee": "3", "synthesis_mode": "mine"}, False),
        ({"guarantee": "4"}, False),
        ({}, False),
    ],
)
def test_what_records_and_counts_were_verified_against_is_true_of_every_input(
    changed: dict[str, str], reported: bool
) -> None:
    text = write_markdown(Published(LEDGER | changed, METRICS, ["sex"]))
    assert ("or counts of them that had been reported before. Had one failed" in text) == reported
    assert ("against the original data. Had one failed" in text) != reported


@pytest.mark.parametrize(
    ("proof", "said"),
    [
        ({"promises": {"counts": "Counts of [single] ones."}}, r"Counts of \[single\] ones."),
        ({"promises": ["no sentence"]}, "keeps the guarantee named singles"),
        ({}, "keeps the guarantee named singles"),
    ],
)
def test_another_protection_says_itself_what_it_promises(proof: dict[str, Any], said: str) -> None:
    own = {"protection": "single counts", "guarantee": "singles", "proof": json.dumps(proof)}
    text = write_markdown(Published(LEDGER | own, METRICS, ["a"]))
    assert said in text
    assert "in a synthetic record is shared by" not in text
    assert "A count is published only if" not in text


@pytest.mark.parametrize("precision", [10, 5])
def test_the_sentences_to_quote_are_those_of_the_release(precision: int) -> None:
    quoted = re.sub(r"\n> ", " ", (ROOT / "docs/explanation/guarantee.md").read_text(encoding="utf-8"))
    ledger = LEDGER | {"reporting_precision": precision}
    for sentence in (state_guarantee(ledger), state_counts(ledger), EXACT_COPIES):
        assert f'"{sentence}"' in quoted


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "answers of yes or no to whether at least 10 people share some attributes. Exact counts were not used."),
        ({"guarantee": "4"}, "Exact counts were not used."),
        ({"guarantee": "3"}, "made from the published counts alone"),
        ({"synthesis_mode": "row_seeded"}, "One person more or less in the original data can change these records"),
        ({"guarantee": "3", "synthesis_mode": "mine"}, "what else the program looked at is not known here"),
    ],
)
def test_what_the_records_were_made_from_is_said_by_mode(changed: dict[str, str], said: str) -> None:
    ledger = LEDGER | changed
    assert said in write_markdown(Published(ledger, METRICS, ["sex"]))
    assert said in state_promises(ledger)["copies"]


def test_the_score_says_what_it_compares() -> None:
    text = write_markdown(
        Published(LEDGER, [*METRICS, {"metric": "k_marginal", "length": None, "value": 912.4}], ["sex"])
    )
    assert "reach 912 of 1,000 points (k-marginal score). It compares the records with the published counts" in text
    assert "original data reach" not in text


def test_releases_of_the_first_version_keep_the_score_of_two_halves() -> None:
    scores: list[dict[str, Any]] = [{"metric": "k_marginal", "length": None, "value": 912.0}]
    scores += [{"metric": "k_marginal_half_split", "length": None, "value": 968.0}]
    text = write_markdown(Published(LEDGER, [*METRICS, *scores], ["sex"]))
    assert "reach 912 of 1,000 points (k-marginal score); two random halves of the original data reach 968" in text
    assert "k-marginal" not in write_markdown(RELEASE)


@pytest.mark.parametrize(
    ("guarantee", "says"),
    [
        ("strict", "however many they are"),
        ("k_synthetic", r"up to 3 attributes .* by nobody"),
        ("4", r"up to 4 attributes .* put together by the program"),
    ],
)
def test_each_guarantee_has_its_sentence(guarantee: str, says: str) -> None:
    sentence = state_guarantee({**LEDGER, "guarantee": guarantee})
    assert re.search(says, sentence)
    assert "at least 10 people" in sentence


def test_the_page_is_well_formed_and_a_title_is_only_text() -> None:
    page = write_html(write_markdown(RELEASE), LEDGER["title"])
    checker = Checker()
    checker.feed(page)
    assert checker.open == []
    assert checker.text.count(LEDGER["title"]) == 2
    assert {"b", "script", "img", "link", "em"} & checker.seen == set()
    assert {"blockquote", "table", "strong"} <= checker.seen
    assert "**" not in checker.text


ROWS: list[dict[str, Any]] = [
    {"column": "age", "value": None, "label": None, "group": None, "kind": "withheld"},
    {"column": "sex", "value": "m;|", "label": "Man", "group": "Who", "kind": "category"},
    {"column": "sex", "value": "f", "label": "f", "group": "Who", "kind": "category"},
]
SETTINGS = {"use_columns": ["sex", "age"], "column_labels": {"sex": "Gender"}}


def test_the_codebook_is_in_the_order_of_the_columns() -> None:
    rows = list(csv.DictReader(io.StringIO(write_codebook_csv(list_codebook(ROWS, SETTINGS)))))
    assert [(row["column"], row["value"]) for row in rows] == [("sex", "f"), ("sex", "m;|"), ("age", "")]
    assert rows[1] == {
        "column": "sex",
        "column_label": "Gender",
        "value": "m;|",
        "label": "Man",
        "group": "Who",
        "kind": "category",
    }


def test_the_codebook_for_people_says_what_is_withheld() -> None:
    text = write_codebook_markdown(list_codebook(ROWS, SETTINGS), "T")
    assert "## sex\n\nGender. Group: Who.\n\n| value | meaning |\n|---|---|\n| f | f |\n| m;\\| | Man |\n" in text
    assert "## age\n\nNo value of this column is published: it is empty, or none of its values may be." in text


def covered(column: str, *numbers: int | None) -> dict[str, Any]:
    return {"column": column, **dict(zip(COVERAGE.names[3:], numbers, strict=True))}


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (
            covered("sex", 19_780, 19_780, 220, None),
            "About 98.9% of people have information here (about 19,780 of 20,000)",
        ),
        (covered("sex", 19_780, 19_780, 220, None), "; withheld as too rare: fewer than 10, or none."),
        (covered("sex", 500, 400, 19_500, 100), "; withheld as too rare: about 100."),
        (
            covered("sex", None, None, 20_000, None),
            "Of about 20,000 people, fewer than 10 have information here, or none.",
        ),
    ],
)
def test_the_codebook_says_how_many_people_have_information(row: dict[str, Any], says: str) -> None:
    ledger = {"protected_number_of_subjects": 20_000, "reporting_threshold": 10, "protection": "k"}
    together = covered("sex", 1, 1, 1, 1) | {"column": None}  # the flags of a group are no column
    information = state_coverage([row, together], ledger)
    assert information.keys() == {"sex"}
    assert says in write_codebook_markdown(list_codebook(ROWS, SETTINGS), "T", information)
    assert "people" not in write_codebook_markdown(list_codebook(ROWS, SETTINGS), "T")


def test_the_codebook_says_that_numbers_have_noise() -> None:
    ledger = {"protected_number_of_subjects": 600, "reporting_threshold": 10, "protection": "dp"}
    rows = [covered("a", 630, 630, 0, 0), covered("b", None, 90, None, None)]
    assert state_coverage(rows, ledger) == {
        "a": "About 100.0% of people have information here (about 630 of 600, with noise).",
        "b": "Of about 600 people, at least about 90 have information here; how many have other values is not known.",
    }
