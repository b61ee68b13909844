"""The seal of rows that wait to be published: which rows were proven, and what the ledger will say about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ctdc_spark.errors import DataError
from ctdc_spark.io import files
from ctdc_spark.release.dp_tables import SealedNoise

if TYPE_CHECKING:
    from ctdc_spark.storage.staging import Staging


@dataclass(frozen=True)
class Seal:
    """What was proven about the rows that wait.

    Attributes:
        columns: the columns of the microdata, in the order of their positions in the staged rows.
        combinations: about how many combinations are reported.
        digests: of the rows of each table.
        ledger: what the ledger's row will say, except when it was published.
        noise: what was spent and how much noise the counts have; None without differential privacy.
        name: tells this seal from every other one; given when it is closed.
    """

    columns: tuple[str, ...]
    combinations: int
    digests: Mapping[str, str]
    ledger: Mapping[str, Any]
    noise: SealedNoise | None = None
    name: str = ""

    def close(self, staging: Staging) -> None:
        """State that all rows are there and proven; comes last."""
        facts = {
            "columns": list(self.columns),
            "combinations": self.combinations,
            "digests": dict(self.digests),
            "ledger": dict(self.ledger),
        }
        staging.seal(facts | ({"noise": self.noise.to_json()} if self.noise is not None else {}))

    @staticmethod
    def read(staging: Staging) -> Seal:
        """The seal of rows that wait.

        Raises:
            DataError: nothing proven is there, or it was made with other settings or by an earlier version.
        """
        facts = staging.facts()
        if "digests" not in facts:
            raise DataError(
                f"the rows in {files.hide_credentials(staging.root)} were sealed by an earlier version, without a "
                "digest: run the release again (`ctdc-spark run`)"
            )
        return Seal(
            tuple(facts["columns"]),
            facts["combinations"],
            facts["digests"],
            facts["ledger"],
            SealedNoise.from_json(facts["noise"]) if "noise" in facts else None,
            facts["seal"],
        )
