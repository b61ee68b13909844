"""The visual interface: one self-contained HTML page with a release's estimates beside its actual counts.

`read` asks Spark for the few numbers a page shows, `charts` arranges them, `data` holds them, and `page`
writes the HTML file from them and from the files in `assets/` (template, style, scripts, texts). Only `read`
knows Spark.

Example:
    >>> from ctdc_spark.explorer import build_page
    >>> from ctdc_spark.explorer.read import read_page_data
    >>> html = build_page(read_page_data(tables))  # doctest: +SKIP
"""

from ctdc_spark.explorer.data import Bar, Chart, Metric, PageData, Release
from ctdc_spark.explorer.page import build_page

__all__ = ["Bar", "Chart", "Metric", "PageData", "Release", "build_page"]
