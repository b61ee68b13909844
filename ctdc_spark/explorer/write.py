"""From the published tables of one release to its page: the last step of a release, and a command of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from ctdc_spark.explorer.logo import read_logo
from ctdc_spark.explorer.page import build_page
from ctdc_spark.explorer.read import read_page_data
from ctdc_spark.io import files
from ctdc_spark.release.reading import release_tables

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from ctdc_spark.release.rows import Rows
    from ctdc_spark.release.small_rows import SmallRows
    from ctdc_spark.release.table_location import TableLocation


def make_page(spark: SparkSession, place: TableLocation, release_id: str, logo: str | None = None) -> str:
    """The page of a complete release, from its published tables alone.

    Args:
        spark: The session.
        place: Where the tables are.
        release_id: The release.
        logo: Path of an image for the header.

    Returns:
        A complete HTML document.

    Raises:
        DataError: The tables do not hold this release whole.
        SettingsError: The logo cannot be used.
    """
    return page_of(release_tables(spark, place, release_id), logo=logo)


def page_of(tables: Mapping[str, Rows], collected: SmallRows | None = None, *, logo: str | None = None) -> str:
    """The page of published tables filtered to one release; `collected`: rows of the small ones, if already read.

    Raises what `make_page` raises.
    """
    image = None if logo is None else read_logo(logo)
    return build_page(replace(read_page_data(tables, collected), logo=image))


def write_page(
    spark: SparkSession, place: TableLocation, release_id: str, path: str, *, logo: str | None = None
) -> None:
    """Write the page of a release to a file, on any file system; raises what `make_page` raises."""
    files.write_text(path, make_page(spark, place, release_id, logo))
