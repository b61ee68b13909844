"""The account of all noise that was drawn; kept in the sensitive place and written before each draw.

    <sensitive_dir>/_privacy_account/<draw>.json

The published table `privacy_budget` has what releases spent. A run that was refused, crashed or was killed publishes
nothing, but its noisy numbers were drawn and may have been seen; so each draw is charged here first, and counts until a
release built on it is in the table. Each draw has its own file, so simultaneous runs do not overwrite each other's.
As each run charges first and then reads all other charges, of two runs at least one sees the other. A charge is
withdrawn only if nothing was drawn.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from ctdc_spark.differential_privacy.draws import Draw
from ctdc_spark.errors import DataError
from ctdc_spark.io import files
from ctdc_spark.io.file_modes import make_private_folder, write_private_text

if TYPE_CHECKING:
    from ctdc_spark.differential_privacy.budget import Mechanism
    from ctdc_spark.settings import Settings

FOLDER = "_privacy_account"
"""No release id begins with it."""

ENDING = ".json"


class DrawnAccount:
    """Reads and writes the draws of one sensitive place."""

    def __init__(self, root: str) -> None:
        self.root = root

    @staticmethod
    def of(settings: Settings) -> DrawnAccount:
        """The account beside the sensitive results of all releases, which outlives each of them."""
        return DrawnAccount(files.join(settings.resolved_sensitive_dir, FOLDER))

    def charge(self, draw: Draw, *mechanisms: Mechanism) -> Draw:
        """Charge what is about to be drawn; only then may it be drawn.

        Returns:
            The draw with these mechanisms.

        Raises:
            DataError: the charge cannot be written, so nothing may be drawn.
        """
        charged = replace(draw, mechanisms=(*draw.mechanisms, *mechanisms))
        path = self._path(draw.name)
        files.require_folder(self.root, "sensitive_dir")
        make_private_folder(self.root, within=True)
        write_private_text(path, json.dumps(asdict(charged), sort_keys=True))
        return charged

    def withdraw(self, draw: Draw) -> None:
        """Withdraw a whole charge of which nothing was drawn.

        Raises:
            DataError: the charge cannot be removed, so it stays.
        """
        files.remove(self._path(draw.name))

    def unpublished(self, account: str, published: Collection[str]) -> list[Draw]:
        """The draws of an account that no published release is built on.

        Args:
            account: its name.
            published: names of the runs in `privacy_budget`; they also pay for the draws that they follow.

        Raises:
            DataError: the account cannot be read, so nobody knows what was spent.
        """
        draws = {draw.name: draw for draw in self._read() if draw.account == account}
        paid, more = set(published), set(published)
        while more:
            more = {draws[name].follows for name in more if name in draws} - paid
            paid |= more
        return [draw for draw in draws.values() if draw.name not in paid]

    def _path(self, name: str) -> str:
        return files.join(self.root, f"{name}{ENDING}")

    def _read(self) -> list[Draw]:
        names = [name for name in files.list_names(self.root) if name.endswith(ENDING)]
        return [draw for draw in map(self._read_draw, names) if draw is not None]

    def _read_draw(self, name: str) -> Draw | None:
        path = files.join(self.root, name)
        try:
            text = files.read_text(path)
        except DataError:
            if files.exists(path):
                raise
            return None  # withdrawn in the meantime
        try:
            return Draw.from_facts(json.loads(text))
        except (ValueError, KeyError, TypeError):
            raise DataError(
                f"{files.hide_credentials(path)} is not a draw of the privacy budget's account, so nobody knows what "
                "was spent: restore it. Nothing was drawn"
            ) from None
