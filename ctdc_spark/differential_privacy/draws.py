"""The noise that one stage of a run draws, as it is charged, sealed and published."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from ctdc_spark.differential_privacy.budget import RESERVED, Mechanism


@dataclass(frozen=True)
class Draw:
    """The noise that one stage of a run draws.

    Attributes:
        name: tells draws apart; that of the last stage that draws is the run's name in `privacy_budget`.
        account: the account that pays.
        follows: the previous draw, which a release built on this one also pays for; "" for none.
        mechanisms: every use of the data.
    """

    name: str
    account: str
    follows: str = ""
    mechanisms: tuple[Mechanism, ...] = ()

    @staticmethod
    def begin(account: str, follows: str = "") -> Draw:
        """A draw with no mechanisms yet."""
        return Draw(uuid4().hex, account, follows)

    @property
    def reserves(self) -> bool:
        """Whether part of the charge is for noise that is not yet determined."""
        return any(mechanism.mechanism == RESERVED for mechanism in self.mechanisms)

    def without_reserved(self) -> Draw:
        """This draw without what is reserved, for the mechanisms that take its place."""
        return replace(self, mechanisms=tuple(m for m in self.mechanisms if m.mechanism != RESERVED))

    @staticmethod
    def from_facts(facts: dict[str, Any]) -> Draw:
        """Read back what `dataclasses.asdict` gave, from JSON."""
        mechanisms = tuple(Mechanism(**mechanism) for mechanism in facts["mechanisms"])
        return Draw(facts["name"], facts["account"], facts["follows"], mechanisms)
