"""What the stages of a release with differential privacy leave for each other, and what the run has spent so far."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from ctdc_spark.differential_privacy.account import DrawnAccount
from ctdc_spark.differential_privacy.budget import Mechanism, total_cost
from ctdc_spark.release.dp_tables import Cost, Run, SealedNoise, Spent, published_runs
from ctdc_spark.storage.stage_results import StageResult

if TYPE_CHECKING:
    from ctdc_spark.differential_privacy.draws import Draw
    from ctdc_spark.protections.context import StageContext
    from ctdc_spark.storage.stage_results import StageFigures


@dataclass(frozen=True)
class DpCases(StageResult):
    """Beside `dictionary.json` and `encoded_records`.

    Attributes:
        subjects: their noisy number.
        attributes: number of values in the domain.
        delta: of the release.
        draw: name of this stage's last draw, which those of later stages follow.
        spent: the mechanisms of this stage.
    """

    stage: ClassVar[str] = "cases"

    subjects: int
    attributes: int
    delta: float
    draw: str
    spent: tuple[Mechanism, ...]

    @property
    def figures(self) -> StageFigures:
        """What a progress line says of it."""
        return {"subjects_noisy": self.subjects, "attributes": self.attributes}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> DpCases:
        """Read back what `to_json` gave."""
        return cls(**{**found, "spent": _read_mechanisms(found["spent"])})


@dataclass(frozen=True)
class DpCombinations(StageResult):
    """Beside `noisy_cells`.

    Attributes:
        run: the name of the run, new whenever noise was drawn anew.
        max_attributes: the most attributes of one record that were counted.
        max_length: the reporting length.
        spent: the mechanisms of this stage.
        subsets: the attributes whose combinations were measured, by length.
    """

    stage: ClassVar[str] = "combinations"

    run: str
    max_attributes: int
    max_length: int
    spent: tuple[Mechanism, ...]
    subsets: Mapping[int, tuple[int, ...]]

    @property
    def figures(self) -> StageFigures:
        """What a progress line says of it."""
        return {
            "attributes_kept_of_a_record": self.max_attributes,
            "attributes_measured": [len(attributes) for attributes in self.subsets.values()],
            "noise": [round(scale, 1) for scale in noise_scales(self.spent).values()],
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> DpCombinations:
        """Read back what `to_json` gave."""
        subsets = {int(length): tuple(attributes) for length, attributes in found["subsets"].items()}
        return cls(**{**found, "spent": _read_mechanisms(found["spent"]), "subsets": subsets})


@dataclass(frozen=True)
class DpRecords(StageResult):
    """Beside `fitted_records` and `synthetic_records`: how many of the latter there are."""

    stage: ClassVar[str] = "synthesis"

    records: int

    @property
    def figures(self) -> StageFigures:
        """What a progress line says of it."""
        return {"records": self.records}


@dataclass(frozen=True)
class DpEvaluation(StageResult):
    """Beside `fitted_counts`, `reported_metrics` and `attribute_metrics`: how many combinations are reported."""

    stage: ClassVar[str] = "evaluation"

    combinations: int

    @property
    def figures(self) -> StageFigures:
        """What a progress line says of it."""
        return {"combinations": self.combinations}


def _read_mechanisms(found: Collection[Mapping[str, Any]]) -> tuple[Mechanism, ...]:
    return tuple(Mechanism(**one) for one in found)


def noise_scales(spent: Collection[Mechanism]) -> dict[int, float]:
    """The scale of the noise on the counts of each measured length."""
    return {int(m.length or 0): m.scale for m in spent if m.purpose == "combinations"}


def seal_noise(context: StageContext) -> SealedNoise:
    """All that this run spent, and the noise of its counts, from its actual mechanisms rather than the settings."""
    cases, counted = context.workspace.read_result(DpCases), context.workspace.read_result(DpCombinations)
    mechanisms, account = (*cases.spent, *counted.spent), context.settings.privacy_account
    rho, epsilon = total_cost(mechanisms, cases.delta)
    before = unpublished_draws(context, {cases.draw, counted.run})
    spent = Spent(Run(counted.run, account), Cost(rho, cases.delta, epsilon), mechanisms, before)
    return SealedNoise(noise_scales(counted.spent), spent)


def unpublished_draws(context: StageContext, own: Collection[str]) -> list[Draw]:
    """What was drawn for the account without a release, apart from `own` draws and those they follow.

    Raises:
        DataError: the account in the sensitive place cannot be read.
    """
    name = context.settings.privacy_account
    published = published_runs(context.spark, context.place, name)
    return DrawnAccount.of(context.settings).unpublished(name, {*published, *own})
