"""Which files a path means: one file, a folder or a pattern, on any file system that Spark reads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ctdc_spark.addresses import hide_credentials
from ctdc_spark.engine.failures import NOT_THERE, error_condition, explained_failures
from ctdc_spark.errors import DataError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

PATTERN_CHARACTERS = re.compile(r"([\[\]{}*?\\])")

_DELIMITED = re.compile(r"\.(csv|tsv|psv)(\.(gz|bz2))?$", re.IGNORECASE)
_PARQUET = re.compile(r"\.parquet$", re.IGNORECASE)
_ENDING = re.compile(r"\.[^./\\]+(\.(gz|bz2))?$")
_FOREIGN = {
    ".xlsx": "an Excel workbook",
    ".xls": "an Excel workbook",
    ".ods": "a spreadsheet",
    ".zip": "a ZIP archive",
    ".json": "JSON",
    ".jsonl": "JSON",
    ".xml": "XML",
    ".sav": "an SPSS file",
    ".dta": "a Stata file",
    ".sas7bdat": "a SAS file",
    ".rds": "an R file",
}
_USUAL_DELIMITERS = {".tsv": "\t", ".psv": "|"}


@dataclass(frozen=True)
class Location:
    """Delimited files at a path.

    Attributes:
        place: the path, for messages.
        path: the one that Spark is given.
        name_filter: pattern of the file names to read in a folder that holds others as well.
        count: number of files.
        usual_delimiter: by the ending of the names.
    """

    place: str
    path: str
    name_filter: str | None
    count: int
    usual_delimiter: str

    @property
    def options(self) -> dict[str, str]:
        """The options that a reader needs besides the path."""
        return {} if self.name_filter is None else {"pathGlobFilter": self.name_filter}


def guess_format(path: str) -> str:
    """Return csv or parquet by the ending of a path; a folder without an ending is taken for csv.

    Raises:
        DataError: the ending is that of a format that is not read.
    """
    found = _ENDING.search(path.rstrip("/"))
    ending = found[0].lower() if found else ""
    if ending in _FOREIGN:
        raise DataError(
            f"{hide_credentials(path)} is {_FOREIGN[ending]} by its ending, which is not read; save it as "
            "CSV or Parquet (or set sensitive_microdata_format if the ending misleads)"
        )
    return "parquet" if ending == ".parquet" else "csv"


def find_delimited_files(spark: SparkSession, path: str) -> Location:
    """Find the delimited files at a path.

    In a folder only files with an ending of delimited data are read (.csv, .tsv, .psv, also with .gz or .bz2), not
    those in its subfolders, and never names that begin with _ or a dot. Text files (.txt) may be anything there;
    they are read when named by a pattern.

    Raises:
        DataError: nothing is there, or nothing that can be read.
    """
    place = hide_credentials(path)
    actual, files = list_files(spark, path)
    is_pattern = actual == path and PATTERN_CHARACTERS.search(path) is not None
    is_folder = not is_pattern and not _is_file(path, files)
    chosen = [name for name in files if _DELIMITED.search(name)] if is_folder else files
    if not chosen:
        raise DataError(_explain_nothing(place, files))
    endings = {found[0] for name in chosen if (found := _ENDING.search(name))}
    name_filter = "*{" + ",".join(sorted(endings)) + "}" if len(chosen) < len(files) else None
    kind_of_first = min(ending.lower().split(".")[1] for ending in endings) if endings else ""
    return Location(place, actual, name_filter, len(chosen), _USUAL_DELIMITERS.get(f".{kind_of_first}", ","))


def list_files(spark: SparkSession, path: str, *, partitioned: bool = False) -> tuple[str, list[str]]:
    """Return the path as Spark needs it, and the files there.

    A name that holds characters of patterns, such as `cases [final].csv`, is tried as a pattern first and
    then literally.

    Raises:
        DataError: nothing is there, or it cannot be listed.
    """
    literal = PATTERN_CHARACTERS.sub(r"\\\1", path)
    for candidate in dict.fromkeys((path, literal)):
        found = _try_list(spark, candidate, partitioned=partitioned)
        if found is not None:
            return candidate, found
    missing = NOT_THERE if literal == path else "matches no file; check sensitive_microdata_path"
    raise DataError(f"{hide_credentials(path)} {missing}")


def is_delta_table(spark: SparkSession, path: str) -> bool:
    """Tell whether a folder is a Delta table, by its log."""
    return bool(_try_list(spark, path.rstrip("/") + "/_delta_log/*.json", partitioned=True))


def _try_list(spark: SparkSession, path: str, *, partitioned: bool) -> list[str] | None:
    """Return the addresses of the files at a path, in order; None: there is nothing."""
    place = hide_credentials(path)
    with explained_failures(place):
        try:
            frame = spark.read.text(path)
            files = sorted(unquote(name) for name in frame.inputFiles())
            folders = frame.columns[1:]
        except Exception as error:
            if error_condition(error).startswith("PATH_NOT_FOUND"):
                return None
            raise
    if folders and not partitioned:
        raise DataError(
            f"{place} is divided into subfolders by {', '.join(folders)}, which is read for Parquet and Delta only; "
            "rewrite it as files that hold all columns, or set sensitive_microdata_format if it is Parquet"
        )
    return files


def _is_file(path: str, files: list[str]) -> bool:
    return len(files) == 1 and files[0].endswith(path.rpartition(":")[2].lstrip("./"))


def _explain_nothing(place: str, files: list[str]) -> str:
    if any(_PARQUET.search(name) for name in files):
        return f"{place} holds Parquet files; set sensitive_microdata_format to parquet (or delta)"
    return (
        f"{place} is a folder with no file whose name ends in .csv, .tsv or .psv (also .gz or .bz2); name "
        f"the files by a pattern, such as {place.rstrip('/')}/part-*"
    )
