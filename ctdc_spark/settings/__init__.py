"""The settings of a release: its keys, checked before anything runs. Does not use Spark.

`load_settings` reads a file; `build_settings` checks keys that are already at hand, for example in a
notebook. Both report everything that is wrong at once. `Settings` is frozen: it never changes during a run.
"""

from __future__ import annotations

from ctdc_spark.settings.loading import build_settings, load_settings
from ctdc_spark.settings.schema import Bins, GroupRare
from ctdc_spark.settings.settings import Settings

__all__ = ["Bins", "GroupRare", "Settings", "build_settings", "load_settings"]
