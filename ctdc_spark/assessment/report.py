"""The report of an assessment, in Markdown for people and as JSON; shares over many records, and no values."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from ctdc_spark.assessment.figures import Figures
from ctdc_spark.assessment.rates import Attack
from ctdc_spark.release.report import escape_markdown

READING = (
    "Each attack was tried on people from whom the records were made and, in the same way, on people who were held "
    "out. Its success on those held out is what anybody can conclude from how people are; **risk** is what it gains "
    "beyond that, as a share of what was left to gain. 0 means that being in the data made no difference; the interval "
    "(95 %) shows how precisely this many attempts can tell."
)

MEANINGS = {
    "membership": "tell who was in the data, by the nearest synthetic record",
    "linkability": "tell that two halves of a record belong together",
    "inference": "guess {target} from all other columns",
}

LEARNING = (
    "The same learner trained on synthetic and on real records, and tested on people who were held out. Accuracy is "
    "the share predicted right; balanced accuracy its mean over the values of the target, common or not. Guessing the "
    "most common value needs no learning."
)


@dataclass(frozen=True)
class Assessment:
    """What was assessed, and what was found.

    Attributes:
        release_id: of the settings; the records themselves were made again, without those held out.
        protection: its name.
        promise: what protects people, in a few words.
        threshold: k.
        share: of the subjects that were held out.
        figures: what was found.
    """

    release_id: str
    protection: str
    promise: str
    threshold: int
    share: float
    figures: Figures

    def to_json(self) -> str:
        """The report for machines."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=2) + "\n"

    def to_markdown(self) -> str:
        """The report for people."""
        parts = [
            f"# Assessment of release {self.release_id}",
            "For those who may see the sensitive data: the figures are computed from them.",
            self._describe_setup(),
            "## Attacks",
            READING,
            self._attacks(),
            "## Learning",
            LEARNING,
            self._scores(),
        ]
        return "\n\n".join(parts) + "\n"

    def _describe_setup(self) -> str:
        found = self.figures
        return (
            f"{self.share:.0%} of the people were held out, and records were made from the others with the same "
            f"settings ({self.promise}). Samples of them were looked at: {found.training:,} records that were used, "
            f"{found.held_out:,} held out, {found.synthetic:,} synthetic."
        )

    def _attacks(self) -> str:
        head = "| attack | attempts | succeeds | on those held out | without looking | risk | interval |"
        return "\n".join([head, "|---|---|---|---|---|---|---|", *map(_attack_line, self.figures.attacks)])

    def _scores(self) -> str:
        head = "| target | learner | trained on | accuracy | interval | balanced accuracy |"
        lines = [
            f"| {escape_markdown(s.target)} | {s.learner} | {s.trained_on} | {s.accuracy:.1%} | "
            f"{s.accuracy_low:.1%} to {s.accuracy_high:.1%} | {s.balanced_accuracy:.1%} |"
            for s in self.figures.scores
        ]
        return "\n".join([head, "|---|---|---|---|---|---|", *lines])


def _attack_line(found: Attack) -> str:
    meaning = MEANINGS[found.attack].format(target=escape_markdown(found.target or ""))
    naive = "-" if found.naive_rate is None else f"{found.naive_rate:.1%}"
    return (
        f"| {found.attack}: {meaning} | {found.attempts:,} | {found.attack_rate:.1%} | {found.holdout_rate:.1%} | "
        f"{naive} | {found.risk:.3f} | {found.risk_low:.3f} to {found.risk_high:.3f} |"
    )
