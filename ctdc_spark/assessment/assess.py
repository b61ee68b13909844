"""Assess what a release would give away and what it is good for, with people who are held out of it.

    <sensitive_dir>/<release id>/assessing/    the two parts, and a release of one; removed at the end
    <sensitive_dir>/<release id>/restricted/   assessment.md and assessment.json

Records are made by the stages of a release, with its settings, from the subjects that are not held out. Nothing is
published. Bounded samples are gathered in one task of Spark; only shares over many records reach the driver.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from ctdc_spark.assessment.figures import FIGURES, FigureFinder, FigureRequest, Figures
from ctdc_spark.assessment.holdout import DRAW, HELD_OUT, draw_sample, hold_out
from ctdc_spark.assessment.learning import require_learners
from ctdc_spark.assessment.outside_attacks import require_anonymeter
from ctdc_spark.assessment.rates import ATTACKS
from ctdc_spark.assessment.report import Assessment
from ctdc_spark.assessment.samples import FEWEST_RECORDS, PART
from ctdc_spark.cases.prepare import PreparedCases
from ctdc_spark.errors import DataError, SettingsError
from ctdc_spark.io import files
from ctdc_spark.io.file_modes import close_off, make_private_folder
from ctdc_spark.pipeline.run import run_stages, stage_named
from ctdc_spark.protections.protection import ReadsCaseRecords, choose_protection
from ctdc_spark.protections.rows import effective_delimiters
from ctdc_spark.release.microdata import decode_records, read_values
from ctdc_spark.storage.workspace import RESTRICTED, Workspace
from ctdc_spark.synthesis.task import SYNTHETIC_RECORDS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.cases.prepared_input import PreparedInput
    from ctdc_spark.pipeline.progress import Progress
    from ctdc_spark.settings import Settings

MAKING_RECORDS = ("cases", "combinations", "synthesis")
"""The stages that are run on the training part."""

SENSITIVE_SAMPLE, SYNTHETIC_SAMPLE = 20_000, 100_000
"""The most records of either part, and of the release, that one task gathers: some tens of megabytes."""

JOINED_BY = "\x1f"
"""Joins the values of a subject that has several because of several rows."""

TOO_FEW = (
    f"too few records to assess: at least {FEWEST_RECORDS} each of those used, held out and synthetic are needed. "
    "Hold out another share (share), or assess more data"
)


@dataclass(frozen=True)
class AssessmentOptions:
    """What to assess.

    Attributes:
        share: the share of the subjects to hold out.
        targets: columns to guess and to learn; none: chosen from the data.
        attacks: which of ATTACKS.
        attempts: the most attempts of one attack on either side.
    """

    share: float
    targets: tuple[str, ...] = ()
    attacks: tuple[str, ...] = ATTACKS
    attempts: int = 1_000


def assess_release(
    spark: SparkSession, settings: Settings, options: AssessmentOptions, progress: Progress
) -> Assessment:
    """Hold subjects out, make records of the others, attack both and learn; write the report.

    Raises:
        DataError: the data cannot be used, are reported counts, or too few.
        SparkSetupError: a library is missing.
        SettingsError: a target is not a column with one value per subject.
    """
    records = _require_possible(settings, options)
    release_id = settings.resolved_release_id
    home = files.join(settings.resolved_sensitive_dir, release_id)
    with _scratch(files.join(home, "assessing")) as scratch:
        prepared, targets, parts = _part_cases(records.read_cases(spark, settings), settings, options, scratch)
        training = _write_training(prepared, parts, (settings, scratch))
        run_stages(spark, training, progress, chosen=[stage_named(name) for name in MAKING_RECORDS])
        samples = _gather(parts, _read_synthetic(spark, training, prepared))
        request = FigureRequest(
            prepared.columns, targets, options.attacks, options.attempts, settings.threshold, settings.resolved_seed
        )
        found = samples.mapInArrow(FigureFinder(request), FIGURES).collect()
    figures = Figures.from_json(found[0]["figures"]) if found else Figures(0, 0, 0)
    if not figures.is_enough:
        raise DataError(TOO_FEW, parameters=["share"])
    protection, k = choose_protection(settings), settings.threshold
    made = Assessment(release_id, protection.name, protection.promise(settings), k, options.share, figures)
    restricted = files.join(home, RESTRICTED)
    make_private_folder(restricted)
    files.write_text(files.join(restricted, "assessment.json"), made.to_json())
    files.write_text(files.join(restricted, "assessment.md"), made.to_markdown())
    close_off(restricted)
    return made


def _require_possible(settings: Settings, options: AssessmentOptions) -> ReadsCaseRecords:
    """The protection, which has case records to hold out.

    Raises:
        DataError: it has none.
        SparkSetupError: a library is missing.
    """
    protection = choose_protection(settings)
    if not isinstance(protection, ReadsCaseRecords):
        raise DataError(f"{protection.found}; an assessment holds people out, and needs their case records")
    require_learners()
    if set(options.attacks) - {"membership"}:
        require_anonymeter()
    return protection


@contextmanager
def _scratch(place: str) -> Iterator[str]:
    """A sensitive place that is empty at first, also after an assessment that was killed, and removed at the end."""
    files.remove(place)
    home = place.rpartition("/")[0]
    make_private_folder(home, within=True)
    make_private_folder(place)
    try:
        yield place
    finally:
        files.remove(place)


def _part_cases(
    given: PreparedInput, settings: Settings, options: AssessmentOptions, scratch: str
) -> tuple[PreparedCases, tuple[int, ...], DataFrame]:
    """The prepared cases, the columns to guess, and the cases once more with a mark on those held out."""
    prepared = given.cases
    targets = _find_targets(prepared, options.targets)
    marked, path = hold_out(prepared, options.share, settings.resolved_seed), files.join(scratch, "parts")
    with given.checked():
        marked.write.parquet(path)
    parts = marked.sparkSession.read.schema(marked.schema).parquet(path)
    _require_enough(parts)
    return prepared, targets, parts


def _find_targets(prepared: PreparedCases, names: tuple[str, ...]) -> tuple[int, ...]:
    allowed = {name: i for i, name in enumerate(prepared.columns) if i not in prepared.multi_valued}
    unknown = [name for name in names if name not in allowed]
    if unknown:
        raise SettingsError(
            f"targets: found {', '.join(unknown)}; allowed: columns with one value per subject: {', '.join(allowed)}",
            parameters=["targets"],
        )
    return tuple(allowed[name] for name in names)


def _require_enough(parts: DataFrame) -> None:
    for held_out in (False, True):
        if parts.where(F.col(HELD_OUT) == held_out).limit(FEWEST_RECORDS).count() < FEWEST_RECORDS:
            raise DataError(TOO_FEW, parameters=["share"])


def _write_training(prepared: PreparedCases, parts: DataFrame, where: tuple[Settings, str]) -> Settings:
    """Write the subjects that are not held out as an input of their own; return the settings of its release.

    Values are binned and grouped already, and one row is one subject.
    """
    settings, scratch = where
    path = files.join(scratch, "training.parquet")
    parts.where(~F.col(HELD_OUT)).drop(HELD_OUT, DRAW).toDF(*prepared.columns).write.parquet(path)
    lists = [prepared.columns[i] for i in sorted(prepared.multi_valued)]
    changed = {
        "sensitive_microdata_path": path,
        "sensitive_microdata_format": "parquet",
        "sensitive_microdata_table": None,
        "sensitive_microdata_delimiter": None,
        "subject_id": None,
        "use_columns": list(prepared.columns),
        "multi_value_columns": {name: settings.multi_value_columns.get(name, JOINED_BY) for name in lists},
        "record_limit": -1,
        "bins": {},
        "group_rare_values": {},
        "output_dir": files.join(scratch, "release"),
        "output_schema": None,
        "sensitive_dir": files.join(scratch, "sensitive"),
        "staging_dir": None,
        "staging_group": None,
        "release_id": settings.resolved_release_id,
        "seed": settings.resolved_seed,
    }
    return settings.model_copy(update=changed)


def _read_synthetic(spark: SparkSession, settings: Settings, prepared: PreparedCases) -> DataFrame:
    """The records of the release, with the columns of the prepared cases and a number to draw by."""
    release_id = settings.resolved_release_id
    root = files.join(settings.resolved_sensitive_dir, release_id)
    workspace = Workspace(spark, root, settings.fingerprint())
    dictionary, records = workspace.read_dictionary(), workspace.read("synthetic_records", SYNTHETIC_RECORDS)
    delimiters = effective_delimiters(dictionary, settings)
    written = decode_records(records, dictionary, delimiters, release_id)
    values = (read_values(name, delimiters.get(name)).alias(f"c{i}") for i, name in enumerate(prepared.columns))
    return written.select(*values, F.xxhash64("record_id").alias(DRAW))


def _gather(parts: DataFrame, synthetic: DataFrame) -> DataFrame:
    """(part, draw, c0..): bounded samples of training records, of those held out and of synthetic ones, in one task."""
    sizes = (SENSITIVE_SAMPLE, SENSITIVE_SAMPLE, SYNTHETIC_SAMPLE)
    frames = (parts.where(~F.col(HELD_OUT)), parts.where(HELD_OUT), synthetic)
    names = [name for name in parts.columns if name not in {HELD_OUT, DRAW}]
    training, held_out, made = (
        draw_sample(frame, size).select(F.lit(part).alias(PART), DRAW, *names)
        for part, (frame, size) in enumerate(zip(frames, sizes, strict=True))
    )
    return training.union(held_out).union(made).repartition(1)
