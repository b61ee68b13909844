"""The page inside a notebook: in a frame of its own, which reaches neither the notebook nor the network."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(frozen=True)
class Frame:
    """A page that notebooks show when it is the last value of a cell.

    Attributes:
        page: A complete HTML document.
        height: Pixels.
    """

    page: str
    height: int = 900

    def _repr_html_(self) -> str:
        return (
            f'<iframe sandbox="allow-scripts allow-downloads allow-modals" title="ctdc-spark" '
            f'style="width:100%;height:{int(self.height)}px;border:1px solid #75828e" '
            f'srcdoc="{html.escape(self.page)}"></iframe>'
        )


def show(spark: SparkSession, release: str, release_id: str | None = None, *, height: int = 900) -> Frame:
    """Show the page of a release in a notebook (Jupyter, Databricks or any other that shows HTML).

    Args:
        spark: The session.
        release: Folder or schema of the published tables.
        release_id: Which release; None for the latest complete one.
        height: Pixels.

    Returns:
        The page; let it be the last value of the cell.

    Raises:
        DataError: There is no complete release (of this id) there.

    Example:
        >>> from ctdc_spark.explorer import show
        >>> show(spark, "demo/release")  # doctest: +SKIP
    """
    from ctdc_spark.explorer.write import make_page
    from ctdc_spark.release.reading import choose_release
    from ctdc_spark.release.table_location import open_location

    source = open_location(spark, release)
    return Frame(make_page(spark, source, choose_release(spark, source, release, release_id)), height)
