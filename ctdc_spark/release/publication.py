"""One attempt to publish a release; of several attempts only the latest can succeed.

Every attempt has a number, a later one a higher number. It goes with each of the attempt's commits as Delta's
`txnVersion`, under an application id of the release: Delta skips a commit whose number is not above the last one. So an
attempt first commits to the ledger, which takes the release out of it and makes it skip all further commits of earlier
attempts; an attempt that was overtaken finds that its own row did not arrive.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ctdc_spark.errors import TakenOverError
from ctdc_spark.release.contracts import RELEASES

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from ctdc_spark.release.table_location import TableLocation

RECENT_COMMITS = 100
"""Commits searched for our own: this many releases would have to be published meanwhile to hide it."""


@dataclass(frozen=True)
class Publication:
    """One attempt to publish one release.

    Attributes:
        release_id: only letters, digits, `.`, `-` and `_`.
        number: microseconds since 1970 when it began; of two attempts the later one's is higher.
    """

    release_id: str
    number: int

    @staticmethod
    def begin(release_id: str) -> Publication:
        """An attempt that begins now."""
        return Publication(release_id, time.time_ns() // 1_000)

    def next(self) -> Publication:
        """The same attempt's next commit to a table to which it has committed before."""
        return replace(self, number=self.number + 1)

    @property
    def options(self) -> dict[str, str]:
        """Options of every write of this attempt to a table that exists."""
        return {"replaceWhere": self.predicate, "userMetadata": self.metadata, **self.options_of_creation}

    @property
    def options_of_creation(self) -> dict[str, str]:
        """Options of a write that creates its table."""
        return {"txnAppId": self.app, "txnVersion": str(self.number)}

    @property
    def app(self) -> str:
        """The application id of all attempts to publish the release."""
        return f"ctdc-spark/{self.release_id}"

    @property
    def predicate(self) -> str:
        """The rows of the release, in SQL."""
        return f"release_id = '{self.release_id}'"

    @property
    def metadata(self) -> str:
        """The name of this attempt's commits in the history of a table."""
        return f"ctdc-spark release {self.release_id} {self.number}"


def require_committed(spark: SparkSession, place: TableLocation, publication: Publication) -> None:
    """Make sure that a commit to the ledger was not skipped.

    Raises:
        TakenOverError: a later attempt has begun.
    """
    if publication.metadata not in _recent_metadata(spark, place):
        raise taken_over(publication.release_id, place.name(RELEASES.name))


def require_latest(spark: SparkSession, place: TableLocation, publication: Publication) -> None:
    """Make sure that no other attempt has claimed the release since this one did.

    Raises:
        TakenOverError: one has.
    """
    start = publication.metadata.removesuffix(str(publication.number))
    later = [said for said in _recent_metadata(spark, place) if said.startswith(start)]
    if any(int(said.removeprefix(start)) > publication.number for said in later):
        raise taken_over(publication.release_id, place.name(RELEASES.name))


def _recent_metadata(spark: SparkSession, place: TableLocation) -> list[str]:
    rows = place.history(spark, RELEASES.name, RECENT_COMMITS).select("userMetadata").collect()
    return [row["userMetadata"] for row in rows if row["userMetadata"] is not None]


def taken_over(release_id: str, where: str) -> TakenOverError:
    """The error of an attempt that a later one has overtaken."""
    return TakenOverError(
        f"another run of release '{release_id}' began later and took it over in {where}; this run stops and publishes "
        "nothing. Wait for the other one, or run again when it has ended"
    )
