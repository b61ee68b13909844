"""Which files a path means: one file, a folder or a pattern, on any file system that Spark reads."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
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
    ".xls": "an old Excel workbook",
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
_HIDDEN = re.compile(r"[_.][^*?]")
_AUTHORITY = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?://[^/]*)?")
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
    """Return csv, parquet or xlsx by the ending of a path; a folder without an ending is taken for csv.

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
    return {".parquet": "parquet", ".xlsx": "xlsx"}.get(ending, "csv")


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
    require_readable_address(path)
    literal = PATTERN_CHARACTERS.sub(r"\\\1", path)
    for candidate in dict.fromkeys((path, literal)):
        found = _try_list(spark, candidate, partitioned=partitioned)
        if found is not None:
            if not found and _HIDDEN.match(path.rstrip("/").rpartition("/")[2]):
                raise DataError(
                    f"{hide_credentials(path)} has a name that begins with _ or a dot, and Spark passes over such "
                    "files; rename it"
                )
            return candidate, found
    missing = NOT_THERE if literal == path else "matches no file; check sensitive_microdata_path"
    raise DataError(f"{hide_credentials(path)} {missing}")


def require_readable_address(path: str) -> None:
    """Refuse addresses that no Spark reads, before it says so in words of its own.

    Raises:
        DataError: it is an address of the web, or a path of another system.
    """
    place = hide_credentials(path)
    if re.match(r"(?:https?|ftp)://", path, re.IGNORECASE):
        raise DataError(
            f"{place} is an address of the web, which Spark does not read; download the file and name the copy"
        )
    if os.name != "nt" and re.match(r"[A-Za-z]:[\\/]", path):
        raise DataError(
            f"{place} is a path of Windows, and Spark runs on another system here; give the path that the file has "
            "there, such as /mnt/c/... in the Windows Subsystem for Linux"
        )


def is_delta_table(spark: SparkSession, path: str) -> bool:
    """Tell whether a folder is a Delta table, by its log."""
    return bool(_try_list(spark, path.rstrip("/") + "/_delta_log/*.json", partitioned=True))


def require_no_part_of_a_table(spark: SparkSession, place: str, files: Sequence[str]) -> None:
    """Refuse files that belong to a table of Delta, Iceberg or Hudi: they may hold deleted rows, and rows twice.

    The table's own folder is looked for among all folders above the files.

    Args:
        spark: the session.
        place: for the message.
        files: the addresses of the files.

    Raises:
        DataError: they do; the message says how to read the table.
    """
    above = _list_folders_above(files)
    for kind, (inside, advice) in _TABLE_FOLDERS.items():
        roots = [folder for part in _divide(above) if (folder := _find_above(spark, part, inside)) is not None]
        if roots:
            raise DataError(
                f"{place} holds files of the {kind} table {hide_credentials(min(roots, key=len))}, which may also "
                f"hold deleted records, and records twice; {advice}"
            )


_TABLE_FOLDERS = {
    "Delta": (
        "_delta_log/*",
        "read it as a table: set sensitive_microdata_format: delta and name its folder (of some partitions only: as a "
        "table or DataFrame with a condition)",
    ),
    "Iceberg": ("metadata/*.metadata.json", "read it by its name with sensitive_microdata_table"),
    "Hudi": (".hoodie/hoodie.properties", "read it by its name with sensitive_microdata_table, or as a DataFrame"),
}
"""What shows that a folder is a table -> how to read it. More than the log's own names: old ones are cleaned away."""

_MOST_AT_ONCE = 100  # folders in one pattern


def _list_folders_above(files: Sequence[str]) -> list[str]:
    found: set[str] = set()
    for folder in {name.rpartition("/")[0] for name in files}:
        start = _AUTHORITY.match(folder)
        lowest = len(start[0]) if start else 0
        while len(folder) >= lowest and folder not in found and not folder.endswith("/"):
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return sorted(found)


def _divide(folders: list[str]) -> Iterator[list[str]]:
    """Folders to be looked at together; one with a comma cannot be among others in a pattern."""
    together = [folder for folder in folders if "," not in folder]
    yield from ([folder] for folder in folders if "," in folder)
    yield from (together[i : i + _MOST_AT_ONCE] for i in range(0, len(together), _MOST_AT_ONCE))


def _find_above(spark: SparkSession, folders: list[str], inside: str) -> str | None:
    """The folder of the first file that matches `inside` in one of the folders; None also where that is not known."""
    names = [PATTERN_CHARACTERS.sub(r"\\\1", folder) for folder in folders]
    pattern = names[0] if len(names) == 1 else "{" + ",".join(names) + "}"
    try:
        found = spark.read.text(f"{pattern}/{inside}").inputFiles()
    except Exception as error:
        if len(folders) == 1 or error_condition(error).startswith("PATH_NOT_FOUND"):
            return None  # not there, or this user may not list the folder
        each = (_find_above(spark, [folder], inside) for folder in folders)
        return next((folder for folder in each if folder is not None), None)
    depth = inside.count("/") + 1
    return min((unquote(name).rsplit("/", depth)[0] for name in found), key=len, default=None)


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
