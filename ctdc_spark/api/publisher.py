"""The sensitive side of a release: check, make it, prove it again.

Large modules are loaded by the method that needs them, and a session given as a function is opened only then: so the
commands refuse settings, places and names before Spark starts.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from ctdc_spark.api.paths import AnyPath, path_text
from ctdc_spark.cases.dataframe import take_dataframe
from ctdc_spark.errors import ArgumentError
from ctdc_spark.pipeline.identity import find_secrets, identify, name_if_known
from ctdc_spark.pipeline.jobs import reads_sensitive, stage_names
from ctdc_spark.settings.loading import find_warnings
from ctdc_spark.settings.problems import require_input
from ctdc_spark.settings.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.api.findings import Findings
    from ctdc_spark.api.release import Release
    from ctdc_spark.pipeline.progress import Progress
    from ctdc_spark.proof.findings import Verification
    from ctdc_spark.protections.protection import Foreseen


class Publisher:
    """Makes the release that settings describe; use it only where case records may be read.

    Nothing is read or written before a method needs it, and only what was proven leaves `sensitive_dir`.

    Attributes:
        settings: those of the release.

    Example:
        >>> publisher = ctdc.Publisher(spark, ctdc.load_settings("settings.yaml"))  # doctest: +SKIP
        >>> release = publisher.run()  # doctest: +SKIP
    """

    def __init__(
        self,
        spark: SparkSession | Callable[[], SparkSession],
        settings: Settings,
        *,
        progress: Callable[[str], Progress] | None = None,
        warn: Callable[[str], None] | None = None,
    ) -> None:
        """Keep the arguments; nothing is read.

        Args:
            spark: the session, of Spark Connect or not; or a function that opens it when it is first needed.
            settings: checked settings, from `load_settings` or `Settings`.
            progress: makes, from the release's name, the reporter of its stages; None: a bar in notebooks, lines
                elsewhere.
            warn: called with each text that deserves a second look; None: Python's warnings.

        Raises:
            ArgumentError: an argument is of the wrong type.
        """
        if not isinstance(settings, Settings):
            raise ArgumentError(
                f"settings: found a {type(settings).__name__}; allowed: the result of ctdc.Settings(..) or "
                "ctdc.load_settings(..)"
            )
        if not (callable(spark) or hasattr(spark, "createDataFrame")):
            raise ArgumentError(f"spark: found a {type(spark).__name__}; allowed: a Spark session")
        self._session = spark
        self.settings = settings
        self._progress = progress or _choose_progress
        self._warn = warn or (lambda text: warnings.warn(text, stacklevel=4))

    @cached_property
    def _spark(self) -> SparkSession:
        return self._session() if callable(self._session) else self._session

    @classmethod
    def from_dataframe(cls, spark: SparkSession, cases: DataFrame, settings: Settings) -> Publisher:
        """A publisher of case records in a DataFrame, over Spark Connect as well.

        The DataFrame is read twice: once to make the release, and again to prove it. If it gives other rows the second
        time, the proof refuses it (not with differential privacy, where the proof reads no records); write such rows
        to a table first. Its rows are written only below `sensitive_dir`. It is not part of the settings, so two
        DataFrames with the same settings give the same release id, unless `release_id` names one.

        Args:
            spark: the session of the DataFrame.
            cases: one row per case, as in a table.
            settings: without an input key.

        Raises:
            ArgumentError: `cases` is not a DataFrame of this session, or is a stream.
            SettingsError: the settings name an input as well.

        Example:
            >>> settings = ctdc.Settings(output_schema="main.ctdc", sensitive_dir="/Volumes/...")  # doctest: +SKIP
            >>> publisher = ctdc.Publisher.from_dataframe(spark, cases, settings)  # doctest: +SKIP
        """
        publisher = cls(spark, settings)  # checks both before the DataFrame is checked
        publisher.settings = take_dataframe(publisher._spark, cases, settings)
        return publisher

    def check(self) -> Findings:
        """Find what `run` would refuse and what deserves a second look, without computing a release.

        Raises:
            CtdcError: the data cannot be read or published as requested, or the output place holds something else.

        Example:
            >>> publisher.check()  # doctest: +SKIP
        """
        require_input(self.settings)
        spark = self._spark
        from ctdc_spark.api.findings import Findings
        from ctdc_spark.pipeline.check import check_data
        from ctdc_spark.pipeline.run import describe_plan

        found = check_data(spark, self.settings)
        return Findings(tuple(find_warnings(self.settings)), tuple(found), describe_plan(name_if_known(self.settings)))

    def plan(
        self,
        *,
        cores: int | None = None,
        times: int = 1,
        subjects: int | None = None,
        against: AnyPath | None = None,
    ) -> Foreseen:
        """What the release will take: work, memory, sizes and time; with differential privacy the noise of its counts.

        Args:
            cores: working at once; None: those of this machine.
            times: for data with this many times as many records.
            subjects: with differential privacy, where nothing is read: about how many there are.
            against: file of JSON lines that a run printed, to be compared with the forecast.

        Raises:
            DataError: the data cannot be read or used, or `against` holds no such lines.
            SettingsError: an argument does not fit the protection of the settings.

        Example:
            >>> publisher.plan(cores=16)  # doctest: +SKIP
        """
        require_input(self.settings)
        from ctdc_spark.forecast.comparison import read_lines
        from ctdc_spark.forecast.request import ForecastRequest
        from ctdc_spark.io import files
        from ctdc_spark.pipeline.forecast import foresee_release

        lines = path_text(against, "against")
        happened = read_lines(files.read_text(lines)) if lines else None
        request = ForecastRequest(times, cores, subjects, happened)
        return foresee_release(lambda: self._spark, self.settings, request)

    def run(self, *, force: bool = False) -> Release:
        """Make the whole release: prepare it, prove it, publish it.

        Args:
            force: replace a complete release of this name.

        Raises:
            AlreadyPublishedError: a release of this name is complete, and `force` is not set.
            PrivacyGateError: the proof failed; nothing was published.
            CtdcError: settings or data cannot be used.

        Example:
            >>> release = publisher.run()  # doctest: +SKIP
        """
        return self._open(self.run_job("run", force=force))

    def prepare(self, *, force: bool = False) -> str:
        """Run every stage that reads sensitive data; what may be published waits in `staging_dir`, proven and sealed.

        Args:
            force: as in `run`.

        Returns:
            The release's name.

        Raises:
            CtdcError: as in `run`.

        Example:
            >>> publisher.prepare()  # doctest: +SKIP
            'release-8068991b'
        """
        return self.run_job("prepare", force=force)

    def publish(self, *, force: bool = False) -> Release:
        """Publish what was prepared; this reads nothing sensitive, and may run under an identity that cannot.

        Use the settings it was prepared with; for a release of a DataFrame they name no input here either.

        Args:
            force: as in `run`.

        Raises:
            DataError: nothing proven waits for these settings.
            CtdcError: as in `run`.

        Example:
            >>> release = ctdc.Publisher(spark, settings).publish()  # doctest: +SKIP
        """
        return self._open(self.run_job("publish", force=force))

    def run_job(self, job: str, *, force: bool = False) -> str:
        """Run some stages, as the jobs and the commands of single stages do.

        Args:
            job: `run`, `prepare`, `publish`, or the name of one stage: `cases`, `combinations`, `synthesis`,
                `evaluation`, `proof`, `release` or `explore`.
            force: as in `run`.

        Returns:
            The release's name.

        Raises:
            ArgumentError: there is no such job.
            CtdcError: as in `run`.

        Example:
            >>> publisher.run_job("evaluation")  # doctest: +SKIP
        """
        names = stage_names(job)
        if reads_sensitive(job):
            require_input(self.settings)
        named = identify(self.settings, names, self._warn)
        progress = self._progress(named.resolved_release_id)
        spark = self._spark
        from ctdc_spark.pipeline.run import run_stages, stages_of_job
        from ctdc_spark.release.poor_records import find_poor_records
        from ctdc_spark.release.table_location import TableLocation

        run_stages(spark, named, progress, chosen=stages_of_job(job), force=force)
        if "release" in names:
            for text in find_poor_records(spark, TableLocation.of(named), named.resolved_release_id):
                self._warn(text)
        return named.resolved_release_id

    def verify(
        self, *, microdata: AnyPath | None = None, aggregates: AnyPath | None = None, plain: bool = False
    ) -> Verification:
        """Prove the published release again, on the sensitive data as they are now; or files that any tool wrote.

        Args:
            microdata: a file of synthetic records (CSV, TSV, Parquet) to verify instead of the release.
            aggregates: a file of counts (CSV, TSV) to verify instead of the release.
            plain: take the cells of these files as they are: no formula in them was quoted.

        Returns:
            What was checked and what failed; `require()` raises PrivacyGateError if anything did.

        Raises:
            DataError: there is no such release, or it was made with other settings.
            SettingsError: files cannot be verified with these settings.

        Example:
            >>> publisher.verify().require()  # doctest: +SKIP
        """
        require_input(self.settings)
        from ctdc_spark.pipeline.verify import require_verifies_files, verify_files, verify_release
        from ctdc_spark.verification.external_files import ExternalFiles

        if not (microdata or aggregates):
            named = find_secrets(self.settings)
            return verify_release(self._spark, named)
        require_verifies_files(self.settings)
        given = ExternalFiles(path_text(microdata, "microdata"), path_text(aggregates, "aggregates"), plain)
        return verify_files(self._spark, self.settings, given)

    def _open(self, release_id: str) -> Release:
        from ctdc_spark.api.release import Release
        from ctdc_spark.release.table_location import TableLocation

        return Release(self._spark, TableLocation.of(self.settings), release_id)


def _choose_progress(release_id: str) -> Progress:
    from ctdc_spark.api.progress import choose_progress

    return choose_progress(release_id)
