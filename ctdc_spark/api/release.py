"""A published release, as its readers have it: only published tables are needed, no settings and nothing sensitive."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from ctdc_spark.api.counts import CountTerms, ProtectedCount, name_attributes
from ctdc_spark.api.estimates import BestFigure, state_figure
from ctdc_spark.api.paths import AnyPath, path_text
from ctdc_spark.errors import CtdcError, SettingsError
from ctdc_spark.explorer.notebook import Frame
from ctdc_spark.io.display import html_result, html_table
from ctdc_spark.release import contracts
from ctdc_spark.release.difference import Difference, compare_releases
from ctdc_spark.release.documents import page_path
from ctdc_spark.release.ledger import GROUP_SIZE, protection_of, published_settings, read_row
from ctdc_spark.release.promises import state_guarantee
from ctdc_spark.release.reading import choose_release, read_table
from ctdc_spark.release.table_location import open_location

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.api.counts import Attributes
    from ctdc_spark.explorer.quantity import Quantities
    from ctdc_spark.release.table_location import TableLocation


def open_release(spark: SparkSession, place: AnyPath, release_id: str | None = None) -> Release:
    """Open a published release.

    Args:
        spark: the session.
        place: folder of the published tables, or `schema` or `catalog.schema`.
        release_id: which release; None for the latest complete one.

    Raises:
        DataError: no complete release (of this id) lies in `place`.
        SettingsError: the address holds credentials.

    Example:
        >>> release = ctdc.open_release(spark, "main.ctdc")  # doctest: +SKIP
        >>> release.counts.where("length = 2").show()  # doctest: +SKIP
    """
    address = path_text(place, "place")
    source = open_location(spark, address)
    return Release(spark, source, choose_release(spark, source, address, release_id))


class Release:
    """A complete release; get one from `open_release`, `Publisher.run` or `Publisher.publish`.

    Nothing is read before it is needed.

    Attributes:
        id: the release's name.

    Example:
        >>> release = ctdc.open_release(spark, "demo/release")  # doctest: +SKIP
        >>> release.count({"gender": "Woman"})  # doctest: +SKIP
        gender: Woman -> 14,180 to 14,189 people
    """

    def __init__(self, spark: SparkSession, place: TableLocation, release_id: str) -> None:
        self._spark, self._place = spark, place
        self.id = release_id

    @property
    def counts(self) -> DataFrame:
        """The protected counts of combinations (`aggregate_counts`)."""
        return self._read(contracts.AGGREGATE_COUNTS.name)

    @property
    def records(self) -> DataFrame:
        """The synthetic records (`synthetic_microdata`), with the columns of this release alone."""
        return self._read(contracts.SYNTHETIC_MICRODATA)

    @property
    def metrics(self) -> DataFrame:
        """How faithful the records are, and what was proven about them (`evaluation_metrics`)."""
        return self._read(contracts.EVALUATION_METRICS.name)

    @property
    def attribute_metrics(self) -> DataFrame:
        """The same by attribute and by column (`attribute_metrics`)."""
        return self._read(contracts.ATTRIBUTE_METRICS.name)

    @property
    def codebook(self) -> DataFrame:
        """The published values of each column (`codebook`)."""
        return self._read(contracts.CODEBOOK.name)

    @property
    def coverage(self) -> DataFrame:
        """How many people say something in each column, and in any flag of a group (`coverage`).

        Empty where that is not known: for releases from reported counts, and for those of versions before the table.

        Example:
            >>> release.coverage.where("`column` = 'gender'").show()  # doctest: +SKIP
        """
        return self._read(contracts.COVERAGE.name)

    @property
    def ledger(self) -> DataFrame:
        """The release's own row (`releases`): when, how, with which guarantee, and what was proven."""
        return self._read(contracts.RELEASES.name)

    def count(self, combination: Mapping[str, Any]) -> ProtectedCount:
        """How many people have all of the given attributes, as far as the release says.

        Args:
            combination: column -> value; a list of values where a column may hold several. Empty: all people.

        Raises:
            ArgumentError: the release has no such column or value; the message names what is allowed.

        Example:
            >>> release.count({"gender": "Woman", "ageBroad": "18--20"})  # doctest: +SKIP
            gender: Woman; ageBroad: 18--20 -> withheld: fewer than k = 10 people, or nobody
        """
        attributes = self._name(combination)
        if not attributes:
            return self._terms.read((), self._row["protected_number_of_subjects"])
        wanted = F.array(*(F.struct(F.lit(c).alias("column"), F.lit(v).alias("value")) for c, v in attributes))
        same = (F.col("length") == len(attributes)) & (F.size(F.array_except(wanted, "combination")) == 0)
        found = [row.asDict() for row in self.counts.where(same).collect()]
        row = found[0] if found else {}
        return self._terms.read(attributes, row.get("protected_count"), row.get("noise_scale"))

    def estimate(self, combination: Mapping[str, Any]) -> BestFigure:
        """The best figure for the given attributes, as the page has it: a published count wherever there is one.

        Beyond the counted lengths it is the number of synthetic records with a range, learnt from the combinations
        that have both numbers, in which the counts of about eight of ten such estimates lie. The first call reads what
        a page holds onto the driver.

        Args:
            combination: as in `count`.

        Raises:
            ArgumentError: as in `count`.
            DataError: the tables do not hold this release whole.

        Example:
            >>> asked = {"gender": "Man", "ageBroad": "9--17", "citizenship": "USA", "meansThreats": "1"}
            >>> release.estimate(asked)  # doctest: +SKIP
            gender: Man; ... -> about 44 people (usually 40 to 190): an estimate, rough
        """
        attributes = self._name(combination)
        ids, quantities = self._quantities
        found, noisy = quantities.read([ids[one] for one in attributes]), protection_of(self._row) != GROUP_SIZE
        return state_figure(attributes, found, self._row["reporting_threshold"], noisy=noisy)

    def explore(self, *, height: int = 900) -> Frame:
        """The page, for the last line of a notebook's cell; it can reach neither the notebook nor the network.

        Args:
            height: pixels.

        Example:
            >>> release.explore()  # doctest: +SKIP
        """
        from ctdc_spark.explorer.write import make_page

        return Frame(make_page(self._spark, self._place, self.id), height)

    def write_page(self, output: AnyPath | None = None, *, logo: AnyPath | None = None) -> str:
        """Write the page to a file, which needs no network and can be sent by mail.

        Args:
            output: the file; None: beside the tables.
            logo: image for the page's header.

        Returns:
            Where it was written.

        Raises:
            SettingsError: the tables lie in a schema, so there is no folder beside them.

        Example:
            >>> release.write_page("release.html")  # doctest: +SKIP
        """
        from ctdc_spark.explorer.write import write_page

        path = path_text(output, "output") or page_path(self._place, self.id)
        if path is None:
            raise SettingsError(
                f"output: {self._place.output_schema} is a schema and has no folder for the page; name a file",
                parameters=["output"],
            )
        write_page(self._spark, self._place, self.id, path, logo=path_text(logo, "logo"))
        return path

    def compare(self, earlier: str) -> Difference:
        """What changed from another release in the same place to this one, and where the change may concern few people.

        Args:
            earlier: the name of the other release.

        Raises:
            DataError: it is not complete there.

        Example:
            >>> release.compare("2025-12")  # doctest: +SKIP
        """
        return compare_releases(self._spark, self._place, earlier, self.id)

    def sample(self, records: int | None = None, *, model: AnyPath, seed: int = 1) -> DataFrame:
        """Draw further records from the trained model, which lies in the sensitive place, without the case records.

        They keep the guarantee of the release: everything the model can draw was proven with it.

        Args:
            records: how many; None: as many as the release has.
            model: folder of the release in the sensitive place, or a copy of its `trained_model`.
            seed: different seeds give different records.

        Returns:
            Rows as in `records`.

        Raises:
            DataError: there is no such model, or it is not the one that was proven with the release.

        Example:
            >>> more = release.sample(10_000, model="release_sensitive/2026-11", seed=2)  # doctest: +SKIP
        """
        from ctdc_spark.pipeline.sample import Drawing, draw_records

        return draw_records(self._spark, self._place, self.id, Drawing(path_text(model, "model"), records, seed)).frame

    def write_sample(
        self, output: AnyPath, records: int | None = None, *, model: AnyPath, seed: int = 1, plain: bool = False
    ) -> int:
        """Write further records, as `sample` draws them, into one new local file.

        Args:
            output: it ends in .csv, .tsv or .parquet.
            records: how many; None: as many as the release has.
            model: as in `sample`.
            seed: different seeds give different records.
            plain: leave unchanged the texts that a spreadsheet would take for formulas.

        Returns:
            How many records were written.

        Raises:
            DataError: as in `sample`.
            SettingsError: the file cannot be written there, or exists already.

        Example:
            >>> release.write_sample("more.csv", 10_000, model="release_sensitive/2026-11")  # doctest: +SKIP
        """
        from ctdc_spark.pipeline.sample import Drawing, draw_records, require_new_file, write_records

        path = require_new_file(path_text(output, "output"))
        drawn = draw_records(self._spark, self._place, self.id, Drawing(path_text(model, "model"), records, seed))
        write_records(drawn, path, plain=plain)
        return drawn.number

    def export(
        self,
        folder: AnyPath,
        *,
        format: str = "csv",  # noqa: A002 - as pandas and Spark call it
        prefix: str = "release",
        plain: bool = False,
    ) -> list[str]:
        """Write the tables as plain files, for people without Delta.

        Args:
            folder: local folder to write into; it must be empty or not exist yet. A package may also be a new file that
                ends in .zip.
            format: csv, tsv, parquet, sds (the two files of Synthetic Data Showcase), json-stat (the counts of columns
                and pairs of columns), or package: tables as CSV and Parquet, texts for readers, and metadata for
                catalogues.
            prefix: start of the names of the sds files.
            plain: leave unchanged the texts that a spreadsheet would take for formulas.

        Returns:
            The paths of the files.

        Raises:
            SettingsError: the folder, the format or the prefix cannot be used.

        Example:
            >>> release.export("files", format="csv")  # doctest: +SKIP
        """
        from ctdc_spark.release.export import export_release

        into = path_text(folder, "folder")
        return export_release(self._spark, self._place, self.id, into, file_format=format, prefix=prefix, plain=plain)

    def describe(self) -> str:
        """Where the tables and the page lie, and what was achieved.

        Example:
            >>> print(release.describe())  # doctest: +SKIP
        """
        from ctdc_spark.release.summary import summarize_release

        return summarize_release(self._spark, self._place, self.id).strip("\n")

    def __repr__(self) -> str:
        return "\n".join([f"Release {self.id}", *(f"  {name}: {said}" for name, said in self._facts_or_why())])

    def _repr_html_(self) -> str:
        return html_result(f"Release {self.id}", html_table(self._facts_or_why()))

    def _facts_or_why(self) -> list[tuple[str, str]]:
        """The facts; or why there are none, since to look at an object must not fail."""
        try:
            return self._facts
        except CtdcError as error:
            return [("cannot be read", str(error))]
        except Exception as error:  # Spark has no one class for a session that was stopped
            return [("cannot be read", f"{type(error).__name__}; is the session still open?")]

    def _name(self, combination: Mapping[str, Any]) -> Attributes:
        settings = self._settings
        return name_attributes(combination, settings["use_columns"], self._values, settings["multi_value_columns"])

    @cached_property
    def _quantities(self) -> tuple[dict[tuple[str, str], int], Quantities]:
        """Ids of the attributes, and what the page says of their combinations."""
        from ctdc_spark.explorer.quantity import Quantities
        from ctdc_spark.explorer.read import read_page_data
        from ctdc_spark.release.reading import release_tables

        data = read_page_data(release_tables(self._spark, self._place, self.id))
        layout = data.layout
        ids = {(layout.columns[a.column].name, a.value): i for i, a in enumerate(layout.attributes)}
        return ids, Quantities(data)

    def _read(self, table: str) -> DataFrame:
        return read_table(self._spark, self._place, table, self.id)

    @property
    def _facts(self) -> list[tuple[str, str]]:
        """What a person wants to know first."""
        row = self._row
        return [
            ("title", row["title"]),
            ("place", self._place.name("<table>")),
            ("published", f"{row['published_at']:%Y-%m-%d}"),
            ("subjects", f"about {row['protected_number_of_subjects']:,}"),
            ("synthetic records", f"{row['number_of_synthetic_records']:,}"),
            ("counts", f"of up to {row['reporting_length']} attributes, {self._terms.describe()}"),
            ("guarantee", state_guarantee(row) if self._terms.protection == GROUP_SIZE else row["guarantee"]),
        ]

    @cached_property
    def _row(self) -> dict[str, Any]:
        return read_row(self._spark, self._place, self.id)

    @cached_property
    def _settings(self) -> dict[str, Any]:
        return published_settings(self._row["settings"])

    @cached_property
    def _terms(self) -> CountTerms:
        row = self._row
        length = None if self._settings.get("reporting_length") == -1 else row["reporting_length"]
        return CountTerms(row["reporting_threshold"], row["reporting_precision"], length, protection_of(row))

    @cached_property
    def _values(self) -> dict[str, list[str]]:
        """The published values by column; bounded as the codebook is."""
        found: dict[str, list[str]] = {}
        for row in self.codebook.where("value is not null").orderBy("column", "value").collect():
            found.setdefault(row["column"], []).append(row["value"])
        return found
