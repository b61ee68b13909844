"""What a look at settings and data found, before anything is computed."""

from __future__ import annotations

from dataclasses import dataclass

from ctdc_spark.io.display import html_list, html_result, html_text


@dataclass(frozen=True)
class Findings:
    """What deserves a second look; anything that would be refused was raised as an error.

    Attributes:
        settings: about the settings by themselves.
        data: about the data and the places.
        plan: the numbered stages with their parameters.
    """

    settings: tuple[str, ...]
    data: tuple[str, ...]
    plan: str

    def describe(self) -> str:
        """All findings and the plan, for people to read."""
        found = [f"warning: {text}" for text in (*self.settings, *self.data)]
        return "\n".join([*found, "settings and data can be used", self.plan])

    def __repr__(self) -> str:
        return self.describe()

    def _repr_html_(self) -> str:
        head, *stages = self.plan.splitlines()
        found = html_list((*self.settings, *self.data))
        return html_result("Settings and data can be used", found, html_text(head), html_list(map(str.strip, stages)))
