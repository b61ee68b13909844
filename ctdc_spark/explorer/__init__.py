"""The visual interface: one self-contained HTML page with a release's estimates beside its actual counts.

`small_tables` and `read` get what a page shows from Spark, `charts` arranges it, `data` holds it, and `page` writes
the HTML file from it, from `assets/` (template, style, texts, map) and from `page_parts/` (the script's modules).

Example:
    >>> from ctdc_spark.explorer import show
    >>> show(spark, "demo/release")  # in a notebook  # doctest: +SKIP
"""

from ctdc_spark.explorer.data import PageData
from ctdc_spark.explorer.notebook import Frame, show
from ctdc_spark.explorer.page import build_page

__all__ = ["Frame", "PageData", "build_page", "show"]
