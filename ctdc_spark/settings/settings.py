"""The settings of one release, checked together, and what follows from them."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import PrivateAttr

from ctdc_spark.errors import SettingsError
from ctdc_spark.io import files
from ctdc_spark.settings.marks import UnderNoise, marks_of
from ctdc_spark.settings.places import find_sensitive_sibling
from ctdc_spark.settings.problems import find_problems
from ctdc_spark.settings.schema import SettingsFields

ALL_LENGTHS = 1_000
"""Longer than any record: the plan cuts it to the longest one."""


def longest_combination(settings: Settings) -> int:
    """Up to how many attributes are counted together."""
    return ALL_LENGTHS if settings.reporting_length == -1 else settings.reporting_length


DEFAULT_RESOLUTION = 10


class Settings(SettingsFields):
    """Checked settings of one release.

    Its keys are those of docs/reference/settings.md. Settings are frozen. No key that names an input is needed where a
    DataFrame is the input.

    Raises:
        SettingsError: with everything that is wrong, one line each: the key, what was found, what is allowed.

    Example:
        >>> settings = Settings(sensitive_microdata_path="cases.csv", output_dir="out")
        >>> settings.threshold, settings.resolved_sensitive_dir
        (10, 'out_sensitive')
    """

    _drawn: frozenset[str] = PrivateAttr(frozenset())

    def __init__(self, /, **keys: Any) -> None:
        """Check keys with values; report all that is wrong at once, before pydantic would report the first."""
        problems = find_problems(keys, needs_input=False)
        if problems:
            raise SettingsError(problems)
        super().__init__(**keys)

    @property
    def threshold(self) -> int:
        """The smallest number of subjects that may be described, k, throughout the release.

        It is the smallest count that can be reported: the first multiple of the precision that is not below the
        requested threshold. So the microdata hold nothing that the aggregates may not report.
        """
        smallest = self.reporting_threshold or self.reporting_resolution or DEFAULT_RESOLUTION
        return -(-smallest // self.precision) * self.precision

    @property
    def precision(self) -> int:
        """The step between reported counts, at most the threshold; 1 where counts are noisy."""
        if self.protection == "dp":
            return 1
        return self.reporting_precision or self.reporting_resolution or DEFAULT_RESOLUTION

    @property
    def has_derivable_counts(self) -> bool:
        """Whether counts are so fine that many below the threshold can be worked out from them."""
        return self.protection != "dp" and self.precision < self.threshold

    @property
    def resolved_sensitive_dir(self) -> str:
        """The folder of sensitive intermediate results; never inside the output, nor around it."""
        sibling = find_sensitive_sibling(self.output_dir) if self.output_dir is not None else None
        place = self.sensitive_dir or sibling
        if place is None:
            raise AssertionError("settings without a place for sensitive results passed their checks")
        return place

    @property
    def resolved_release_id(self) -> str:
        """The name of the release, as given or as `identity` found it."""
        if self.release_id is None:
            raise AssertionError("settings without a release id: see ctdc_spark.pipeline.identity")
        return self.release_id

    @property
    def resolved_seed(self) -> int:
        """The start of all random choices, as given or as `identity` drew it."""
        if self.seed is None:
            raise AssertionError("settings without a seed: see ctdc_spark.pipeline.identity")
        return self.seed

    def fingerprint(self) -> str:
        """Return the SHA-256, in hex, of the keys that determine the result, as they were requested.

        The order of keys, the names and places of the output, and whether k was given as resolution or as
        threshold and precision make no difference. It keeps no secret: whoever knows the other keys can search for one,
        so it appears only where the settings may.
        """
        # keys that are not given do not count, so that a key of a later version changes no fingerprint
        chosen = {name for name, mark in MARKS.items() if mark.result} - self._drawn
        keys = {key: value for key, value in self._dump(chosen).items() if value is not None}
        for key in {"sensitive_microdata_path", "reported_aggregates_path"} & keys.keys():
            keys[key] = files.hide_credentials(keys[key])  # credentials in the address change without the data
        text = json.dumps(keys, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8")).hexdigest()

    def public_settings(self) -> dict[str, Any]:
        """Return what may appear beside the published tables: the keys that are marked public."""
        without = OF_SMALLEST_GROUP if self.protection == "dp" else set()
        return self._dump({name for name, mark in MARKS.items() if mark.public} - without)

    def drawn(self, **values: Any) -> Settings:
        """These settings with values for keys that were left open; the values do not count as requested."""
        filled = self.model_copy(update=values)
        filled._drawn = self._drawn | values.keys()
        return filled

    def _dump(self, chosen: set[str]) -> dict[str, Any]:
        """The chosen keys with their effective values; k is given by threshold and precision alone."""
        of_noise = {name for name, mark in MARKS.items() if mark.under_noise is UnderNoise.ONLY}
        left_out = (of_noise if self.protection != "dp" else set()) | {"reporting_resolution"}
        keys = self.model_dump(mode="json", include=chosen - left_out)
        return keys | {"reporting_threshold": self.threshold, "reporting_precision": self.precision}


OF_SMALLEST_GROUP = {"guarantee", "synthesis_mode"}
"""Keys that mean nothing with differential privacy, where the ledger has other values in columns of these names."""


MARKS = marks_of(Settings.model_fields)
"""The mark of every key."""
