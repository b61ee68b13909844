"""What a release says of itself: its row of the ledger, with what its settings say for those who get the data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ctdc_spark.release.dp_report import is_noisy, state_noisy_promise
from ctdc_spark.release.ledger import GROUP_SIZE, protection_of, published_settings
from ctdc_spark.release.promises import read_promises, state_promises

NOT_PEOPLE = "The records are artificial: none stands for a person, and their number is not the number of people."

LICENCES = {
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC-BY-SA-4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
    "CC-BY-NC-4.0": "https://creativecommons.org/licenses/by-nc/4.0/",
    "CC-BY-NC-SA-4.0": "https://creativecommons.org/licenses/by-nc-sa/4.0/",
    "CC-BY-ND-4.0": "https://creativecommons.org/licenses/by-nd/4.0/",
    "CC-BY-NC-ND-4.0": "https://creativecommons.org/licenses/by-nc-nd/4.0/",
    "CC-BY-3.0-IGO": "https://creativecommons.org/licenses/by/3.0/igo/",
    "CC-BY-NC-SA-3.0-IGO": "https://creativecommons.org/licenses/by-nc-sa/3.0/igo/",
    "ODbL-1.0": "https://opendatacommons.org/licenses/odbl/1-0/",
    "ODC-By-1.0": "https://opendatacommons.org/licenses/by/1-0/",
    "PDDL-1.0": "https://opendatacommons.org/licenses/pddl/1-0/",
    "OGL-UK-3.0": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
}
"""Licences for data by their SPDX names, with the addresses of their texts."""

_MAIL = re.compile(r"[^\s@<>\"]+@[^\s@<>\"]+\.[^\s@<>\"]+")
_WEB = re.compile(r"https?://[^\s\"<>]+")


@dataclass(frozen=True)
class About:
    """What the documents of a package say of its release; None and () where the release does not say it.

    Attributes:
        ledger: the release's row.
        columns: those of the records, in order.
        labels: readable names of columns.
        published: the day it was published (UTC), such as 2026-11-30.
        publisher: the organisation.
        contact: an e-mail address, a web address or words.
        licence: a name, a web address or words.
        doi: without an address before it.
        url: its web page.
        period: a date, or two with a slash between.
        places: names or codes.
        description: in the publisher's words.
        promises: what is guaranteed, in sentences to quote.
    """

    ledger: Mapping[str, Any]
    columns: tuple[str, ...]
    labels: Mapping[str, str]
    published: str
    publisher: str | None = None
    contact: str | None = None
    licence: str | None = None
    doi: str | None = None
    url: str | None = None
    period: str | None = None
    places: tuple[str, ...] = ()
    description: str | None = None
    promises: tuple[str, ...] = ()

    @property
    def release_id(self) -> str:
        """Its name."""
        return str(self.ledger["release_id"])

    @property
    def title(self) -> str:
        """Its title."""
        return str(self.ledger["title"])

    @property
    def abstract(self) -> str:
        """The publisher's description, if there is one, and what the package holds."""
        ledger = self.ledger
        facts = (
            f"{ledger['number_of_synthetic_records']:,} synthetic records with {len(self.columns)} columns, and "
            f"protected counts of combinations of up to {ledger['reporting_length']} attributes, of about "
            f"{ledger['protected_number_of_subjects']:,} people. {NOT_PEOPLE}"
        )
        return f"{self.description.strip()} {facts}" if self.description else facts

    @property
    def address(self) -> str | None:
        """Where it is found: its web page, or its DOI as an address."""
        return self.url or self.doi_address

    @property
    def doi_address(self) -> str | None:
        """Its DOI as an address."""
        return f"https://doi.org/{self.doi}" if self.doi else None

    @property
    def mail(self) -> str | None:
        """The contact if it is an e-mail address."""
        return self.contact if self.contact and _MAIL.fullmatch(self.contact) else None

    @property
    def contact_address(self) -> str | None:
        """The contact if it is a web address."""
        return self.contact if self.contact and _WEB.fullmatch(self.contact) else None

    @property
    def licence_address(self) -> str | None:
        """Where the text of the licence is; None if it is given in words alone."""
        if self.licence is None:
            return None
        return LICENCES.get(self.licence) or (self.licence if _WEB.fullmatch(self.licence) else None)

    @property
    def dates(self) -> tuple[str, str] | None:
        """Begin and end of the period; the same twice if it is one date."""
        if self.period is None:
            return None
        begin, _, end = self.period.partition("/")
        return begin, end or begin


def read_about(ledger: Mapping[str, Any]) -> About:
    """What a release says of itself.

    Args:
        ledger: its row, with `published_seconds` since 1970.

    Raises:
        DataError: its settings do not have the form that ctdc-spark writes.
    """
    settings = published_settings(ledger["settings"])
    said = ("publisher", "contact", "licence", "doi", "url", "period", "description")
    return About(
        ledger=ledger,
        columns=tuple(settings["use_columns"]),
        labels=settings.get("column_labels") or {},
        published=f"{datetime.fromtimestamp(ledger['published_seconds'], timezone.utc):%Y-%m-%d}",
        places=tuple(settings.get("places") or ()),
        promises=_list_promises(ledger),
        **{key: settings.get(key) for key in said},
    )


def _list_promises(ledger: Mapping[str, Any]) -> tuple[str, ...]:
    """The sentences of the proof; where it holds none, those that follow from the ledger."""
    if is_noisy(ledger):
        return (state_noisy_promise(ledger),)
    said = read_promises(ledger)
    if said:
        return tuple(said.values())
    if protection_of(ledger) == GROUP_SIZE:
        return tuple(state_promises(ledger).values())
    return (f"The release keeps the guarantee named {ledger['guarantee']}.",)
