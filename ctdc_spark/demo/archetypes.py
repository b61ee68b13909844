"""The nine archetypes of the demo data: hand-set probabilities that `model` varies into thirty-six profiles.

All figures are invented. They are set so that the data behaves like case data does: attributes depend on each
other through the archetype, some are rare, and much is unknown.
"""

from __future__ import annotations

from typing import NamedTuple

KINDS: tuple[str, ...] = ("labour", "sexual", "labour and sexual", "other", "unknown")
"""Kinds of exploitation of one record; they decide the three exploitation flags."""


class Archetype(NamedTuple):
    """One kind of case. Tuples of weights need not sum to one; `means` and `sex_types` are probabilities."""

    weight: float
    """Share of the records."""
    kinds: tuple[float, ...]
    """Weights of KINDS."""
    genders: tuple[float, ...]
    """Weights of woman, man, other."""
    ages: tuple[float, ...]
    """Weights of the nine age bands."""
    months: tuple[float, ...]
    """Weights of the three durations."""
    means: tuple[float, ...]
    """Probability of each of the eight means of control, at middling control."""
    recruiters: tuple[float, ...]
    """Weights of none of them, intimate partner, friend, family, other."""
    labour_types: tuple[float, ...]
    """Weights of none of them, agriculture, construction, domestic work, hospitality; under forced labour."""
    sex_types: tuple[float, float]
    """Probability of prostitution and of pornography; under sexual exploitation."""
    routes: tuple[str, str, str, str]
    """The route of each of the archetype's four profiles."""


ARCHETYPES: dict[str, Archetype] = {
    "domestic work": Archetype(
        weight=0.16,
        kinds=(0.88, 0.01, 0.06, 0.02, 0.03),
        genders=(0.91, 0.085, 0.005),
        ages=(0.01, 0.09, 0.10, 0.14, 0.16, 0.14, 0.23, 0.10, 0.03),
        months=(0.35, 0.35, 0.30),
        means=(0.45, 0.40, 0.50, 0.45, 0.02, 0.50, 0.65, 0.60),
        recruiters=(0.80, 0.01, 0.05, 0.09, 0.05),
        labour_types=(0.05, 0.02, 0.00, 0.88, 0.05),
        sex_types=(0.30, 0.02),
        routes=("south_east_asia_gulf", "east_africa_gulf", "south_asia_gulf", "west_africa_home"),
    ),
    "farm work": Archetype(
        weight=0.10,
        kinds=(0.93, 0.00, 0.01, 0.02, 0.04),
        genders=(0.36, 0.638, 0.002),
        ages=(0.02, 0.10, 0.08, 0.11, 0.13, 0.13, 0.24, 0.13, 0.06),
        months=(0.60, 0.22, 0.18),
        means=(0.60, 0.35, 0.20, 0.60, 0.03, 0.40, 0.60, 0.35),
        recruiters=(0.82, 0.00, 0.08, 0.05, 0.05),
        labour_types=(0.08, 0.85, 0.04, 0.01, 0.02),
        sex_types=(0.20, 0.00),
        routes=("east_europe_north", "central_asia", "south_asia_home", "americas_north"),
    ),
    "building work": Archetype(
        weight=0.07,
        kinds=(0.95, 0.00, 0.00, 0.01, 0.04),
        genders=(0.05, 0.949, 0.001),
        ages=(0.00, 0.02, 0.07, 0.12, 0.15, 0.15, 0.28, 0.15, 0.06),
        months=(0.68, 0.20, 0.12),
        means=(0.65, 0.40, 0.20, 0.65, 0.03, 0.35, 0.60, 0.50),
        recruiters=(0.84, 0.00, 0.08, 0.02, 0.06),
        labour_types=(0.12, 0.05, 0.82, 0.00, 0.01),
        sex_types=(0.00, 0.00),
        routes=("east_europe_east", "central_asia", "south_asia_gulf", "east_europe_north"),
    ),
    "hospitality": Archetype(
        weight=0.09,
        kinds=(0.82, 0.03, 0.10, 0.02, 0.03),
        genders=(0.64, 0.35, 0.01),
        ages=(0.00, 0.09, 0.14, 0.18, 0.18, 0.14, 0.19, 0.06, 0.02),
        months=(0.55, 0.28, 0.17),
        means=(0.55, 0.45, 0.30, 0.55, 0.05, 0.30, 0.60, 0.50),
        recruiters=(0.82, 0.02, 0.08, 0.03, 0.05),
        labour_types=(0.20, 0.03, 0.03, 0.06, 0.68),
        sex_types=(0.60, 0.03),
        routes=("south_east_asia_home", "americas_home", "west_africa_home", "north_home"),
    ),
    "prostitution by debt": Archetype(
        weight=0.20,
        kinds=(0.01, 0.90, 0.05, 0.01, 0.03),
        genders=(0.95, 0.03, 0.02),
        ages=(0.00, 0.14, 0.21, 0.23, 0.18, 0.11, 0.10, 0.02, 0.01),
        months=(0.60, 0.25, 0.15),
        means=(0.70, 0.55, 0.50, 0.60, 0.15, 0.30, 0.30, 0.45),
        recruiters=(0.80, 0.02, 0.09, 0.03, 0.06),
        labour_types=(0.45, 0.02, 0.01, 0.20, 0.32),
        sex_types=(0.90, 0.03),
        routes=("west_africa_north", "east_europe_home", "south_east_asia_home", "east_europe_north"),
    ),
    "prostitution by a partner": Archetype(
        weight=0.13,
        kinds=(0.00, 0.93, 0.03, 0.01, 0.03),
        genders=(0.95, 0.03, 0.02),
        ages=(0.00, 0.30, 0.24, 0.18, 0.12, 0.07, 0.07, 0.015, 0.005),
        months=(0.50, 0.25, 0.25),
        means=(0.40, 0.60, 0.75, 0.40, 0.45, 0.30, 0.15, 0.20),
        recruiters=(0.55, 0.30, 0.08, 0.04, 0.03),
        labour_types=(0.60, 0.01, 0.00, 0.14, 0.25),
        sex_types=(0.92, 0.10),
        routes=("north_home", "americas_home", "east_europe_home", "east_europe_east"),
    ),
    "children, sexual": Archetype(
        weight=0.09,
        kinds=(0.01, 0.90, 0.04, 0.02, 0.03),
        genders=(0.80, 0.19, 0.01),
        ages=(0.14, 0.86, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00),
        months=(0.45, 0.25, 0.30),
        means=(0.12, 0.50, 0.75, 0.45, 0.45, 0.35, 0.10, 0.05),
        recruiters=(0.58, 0.06, 0.08, 0.25, 0.03),
        labour_types=(0.50, 0.02, 0.00, 0.38, 0.10),
        sex_types=(0.62, 0.50),
        routes=("south_east_asia_home", "north_home", "americas_home", "west_africa_home"),
    ),
    "servitude with abuse": Archetype(
        weight=0.07,
        kinds=(0.25, 0.08, 0.62, 0.03, 0.02),
        genders=(0.88, 0.11, 0.01),
        ages=(0.01, 0.20, 0.15, 0.15, 0.13, 0.11, 0.16, 0.07, 0.02),
        months=(0.35, 0.27, 0.38),
        means=(0.40, 0.65, 0.80, 0.40, 0.15, 0.65, 0.60, 0.50),
        recruiters=(0.68, 0.10, 0.04, 0.14, 0.04),
        labour_types=(0.10, 0.10, 0.01, 0.65, 0.14),
        sex_types=(0.55, 0.08),
        routes=("east_africa_home", "middle_east_home", "south_asia_home", "east_africa_gulf"),
    ),
    "other exploitation": Archetype(
        weight=0.09,
        kinds=(0.10, 0.05, 0.02, 0.78, 0.05),
        genders=(0.58, 0.417, 0.003),
        ages=(0.14, 0.34, 0.12, 0.09, 0.07, 0.06, 0.09, 0.05, 0.04),
        months=(0.55, 0.20, 0.25),
        means=(0.30, 0.45, 0.55, 0.45, 0.10, 0.50, 0.30, 0.30),
        recruiters=(0.55, 0.07, 0.05, 0.28, 0.05),
        labour_types=(0.50, 0.20, 0.06, 0.18, 0.06),
        sex_types=(0.50, 0.05),
        routes=("west_africa_home", "east_europe_home", "middle_east_home", "americas_north"),
    ),
}
