"""The latent-profile model of the demo data: one probability table per attribute, the same for every seed.

A record first gets a profile (36: each archetype on four routes), the detail of its file and a level of
control; every further attribute is drawn given some of those before it. The tables are the hand-set
archetypes, varied from profile to profile by a fixed stream of numbers: the records depend on the user's
seed, the model does not.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from ctdc_spark.demo.archetypes import ARCHETYPES, KINDS
from ctdc_spark.demo.attribute import Attribute, FloatArray, tabulate_attribute
from ctdc_spark.demo.countries import CITIZENSHIPS, DESTINATIONS, EXPLOITATION_COUNTRIES, ORIGINS, ROUTES
from ctdc_spark.demo.schema import MEANS_FLAGS, YEARS
from ctdc_spark.demo.variation import Variation, vary_odds

GENERATOR_VERSION = 1
"""Raised whenever a seed would give records different from before."""

MODEL_KEY = (0x64656D6F, 0x63617365)
"""Key of the fixed stream: another key would be another model, and need another GENERATOR_VERSION."""

CONTROL_SHARES = (0.25, 0.45, 0.30)
CONTROL_ODDS = (0.35, 1.4, 6.0)
"""Low, middling and high control: how common, and the factor on the odds of every means of control."""

KIND_ODDS = {
    "meansDrugsAlcohol": (0.5, 1.0, 1.0, 0.7, 0.7),
    "meansExcessiveWorkHours": (1.0, 0.15, 1.0, 0.4, 0.4),
    "meansWithholdDocs": (1.0, 0.7, 1.0, 0.6, 0.8),
}
"""Means whose odds depend on the kind of exploitation (in the order of KINDS) within a profile, too."""

# Unknown in a detailed and in a basic file. An interview records means of control and relations but leaves
# gaps about the person; a registry holds the person and the duration and nothing about the means.
UNKNOWN_GENDER = 0.012
UNKNOWN_AGE = (0.16, 0.02)
UNKNOWN_CITIZENSHIP = (0.14, 0.02)
UNKNOWN_COUNTRY = 0.02
UNKNOWN_MONTHS = (0.45, 0.08)
UNKNOWN_RECRUITER = (0.35, 0.75)
UNKNOWN_MEANS = (0.03, 1.0)
UNKNOWN_TYPE = 0.10

ELSEWHERE = 0.02
"""Share of citizenships, and of destinations, that do not follow the profile's route."""

_PROFILES = tuple((archetype, ROUTES[route]) for archetype in ARCHETYPES.values() for route in archetype.routes)
_ARCHETYPES = tuple(archetype for archetype, _ in _PROFILES)
_UNKNOWN_KIND = KINDS.index("unknown")


@cache
def build_model() -> tuple[Attribute, ...]:
    """Build the tables in the order in which a record's attributes are drawn.

    Returns:
        One `Attribute` per draw. Value 0 means unknown in `gender`, `age`, `whereabouts`, `months`,
        `recruiter`, `labour_type`, `sex_type` and the means of control.
    """
    variation = Variation(MODEL_KEY)
    profile = {"profile": len(_PROFILES)}
    filed = {**profile, "detail": 2}
    kinds = {**profile, "kind": len(KINDS)}
    ages = [archetype.ages for archetype in _ARCHETYPES]
    months = [archetype.months for archetype in _ARCHETYPES]
    recruiters = [archetype.recruiters for archetype in _ARCHETYPES]
    return (
        tabulate_attribute("profile", {}, _weigh_profiles(variation)),
        tabulate_attribute("detail", profile, _weigh_detail(variation)),
        tabulate_attribute("control", {}, np.array(CONTROL_SHARES)),
        tabulate_attribute("kind", profile, variation.vary_weights([a.kinds for a in _ARCHETYPES])),
        tabulate_attribute("gender", profile, _weigh_genders(variation)),
        tabulate_attribute("age", filed, _weigh_filed(variation, ages, UNKNOWN_AGE)),
        tabulate_attribute("citizenship", profile, _weigh_citizenships(variation)),
        tabulate_attribute("citizenship_known", {"detail": 2}, _weigh_known(UNKNOWN_CITIZENSHIP)),
        tabulate_attribute("whereabouts", profile, _weigh_whereabouts(variation)),
        tabulate_attribute("destination", profile, _weigh_destinations(variation)),
        tabulate_attribute("year", profile, _weigh_years(variation)),
        tabulate_attribute("months", filed, _weigh_filed(variation, months, UNKNOWN_MONTHS)),
        tabulate_attribute("recruiter", filed, _weigh_filed(variation, recruiters, UNKNOWN_RECRUITER)),
        tabulate_attribute("labour_type", kinds, _weigh_labour_types(variation)),
        tabulate_attribute("sex_type", kinds, _weigh_sex_types(variation)),
        *_build_means(variation),
    )


def _weigh_profiles(variation: Variation) -> FloatArray:
    """Each archetype's weight over its four routes."""
    weights = np.array([archetype.weight for archetype in _ARCHETYPES])
    return weights * variation.draw_odds(len(weights))


def _weigh_detail(variation: Variation) -> FloatArray:
    """Detailed or basic file: between 22 and 50 % of a profile's files are basic, (profiles, 2)."""
    basic = 0.22 + 0.28 * variation.draw_uniform(len(_PROFILES))
    return np.stack([1.0 - basic, basic], axis=-1)


def _weigh_genders(variation: Variation) -> FloatArray:
    """Unknown, woman, man, other, (profiles, 4)."""
    known = variation.vary_weights([archetype.genders for archetype in _ARCHETYPES])
    unknown = np.full((len(known), 1), UNKNOWN_GENDER)
    return np.concatenate([unknown, (1.0 - UNKNOWN_GENDER) * known], axis=-1)


def _weigh_filed(variation: Variation, weights: list[tuple[float, ...]], unknown: tuple[float, float]) -> FloatArray:
    """Unknown, at a rate that depends on the detail of the file, then the values, (profiles, 2, 1 + values)."""
    known = variation.vary_weights(weights)  # (profiles, values)
    rates = vary_odds(np.array(unknown), variation.draw_odds(len(known), 1))  # (profiles, 2)
    return np.concatenate([rates[..., None], (1.0 - rates)[..., None] * known[:, None, :]], axis=-1)


def _weigh_known(unknown: tuple[float, float]) -> FloatArray:
    """Unknown or known by the detail of the file, (2, 2)."""
    rates = np.array(unknown)
    return np.stack([rates, 1.0 - rates], axis=-1)


def _weigh_citizenships(variation: Variation) -> FloatArray:
    """The countries of the route's origin, a few of any other, (profiles, citizenships)."""
    return _weigh_countries(variation, CITIZENSHIPS, [ORIGINS[route.origin] for _, route in _PROFILES])


def _weigh_destinations(variation: Variation) -> FloatArray:
    """The countries of the route's destination, a few of any other, (profiles, countries of exploitation)."""
    regions = [DESTINATIONS[route.destination] for _, route in _PROFILES]
    return _weigh_countries(variation, EXPLOITATION_COUNTRIES, regions)


def _weigh_countries(variation: Variation, countries: tuple[str, ...], regions: list[tuple[str, ...]]) -> FloatArray:
    """A popularity common to all profiles times one of the profile: so some countries are rare overall."""
    common = variation.draw_popularity(len(countries))
    table = np.empty((len(regions), len(countries)))
    for row, region in zip(table, regions, strict=True):
        places = [countries.index(code) for code in region]
        local = common[places] * variation.draw_popularity(len(region))
        row[:] = ELSEWHERE * common / common.sum()
        row[places] += (1.0 - ELSEWHERE) * local / local.sum()
    return table


def _weigh_whereabouts(variation: Variation) -> FloatArray:
    """Country of exploitation unknown, the citizenship, or the destination of the route, (profiles, 3)."""
    at_home = np.array([route.at_home for _, route in _PROFILES])
    known = vary_odds(at_home, variation.draw_odds(len(_PROFILES))) * (1.0 - UNKNOWN_COUNTRY)
    return np.stack([np.full(len(known), UNKNOWN_COUNTRY), known, 1.0 - UNKNOWN_COUNTRY - known], axis=-1)


def _weigh_years(variation: Variation) -> FloatArray:
    """A main and a smaller wave per profile over a low base, more in later years, (profiles, years)."""
    years = np.arange(len(YEARS), dtype=np.float64)
    centres = (len(YEARS) - 1) * variation.draw_uniform(len(_PROFILES), 2, 1)
    widths = 1.5 + 4.0 * variation.draw_uniform(len(_PROFILES), 2, 1)
    waves = np.maximum(0.0, 1.0 - np.abs(years - centres) / widths)  # (profiles, 2, years)
    table: FloatArray = (0.02 + waves[:, 0] + 0.45 * waves[:, 1]) * (0.5 + years / len(YEARS))
    return table


def _weigh_labour_types(variation: Variation) -> FloatArray:
    """Unknown, none of them, the four types; any only under that kind, (profiles, kinds, 6)."""
    types = variation.vary_weights([archetype.labour_types for archetype in _ARCHETYPES])
    return _weigh_types(types, "labour")


def _weigh_sex_types(variation: Variation) -> FloatArray:
    """Unknown, neither, prostitution, pornography, both; any only under that kind, (profiles, kinds, 5)."""
    varied = vary_odds(
        np.array([archetype.sex_types for archetype in _ARCHETYPES]), variation.draw_odds(len(_PROFILES), 2)
    )
    first, second = varied[:, 0], varied[:, 1]
    types = [(1 - first) * (1 - second), first * (1 - second), (1 - first) * second, first * second]
    return _weigh_types(np.stack(types, axis=-1), "sexual")


def _weigh_types(types: FloatArray, kind: str) -> FloatArray:
    """Types by profile, with "none" first, to (profiles, kinds, 1 + types) with "unknown" first."""
    table = np.zeros((len(types), len(KINDS), 1 + types.shape[1]))
    table[..., 0] = UNKNOWN_TYPE
    for index, name in enumerate(KINDS):
        if kind in name:
            table[:, index, 1:] = (1.0 - UNKNOWN_TYPE) * types
        elif index != _UNKNOWN_KIND:
            table[:, index, 1] = 1.0 - UNKNOWN_TYPE
    return table


def _build_means(variation: Variation) -> list[Attribute]:
    """One table per means of control: unknown, no, yes."""
    base = vary_odds(
        np.array([archetype.means for archetype in _ARCHETYPES]),
        variation.draw_odds(len(_PROFILES), len(MEANS_FLAGS)),
    )  # (profiles, means)
    given = {"profile": len(_PROFILES), "detail": 2, "control": len(CONTROL_ODDS), "kind": len(KINDS)}
    attributes = []
    for column, name in enumerate(MEANS_FLAGS):
        odds = np.multiply.outer(np.array(CONTROL_ODDS), np.array(KIND_ODDS.get(name, (1.0,) * len(KINDS))))
        yes = vary_odds(base[:, column, None, None, None], odds)  # (profiles, 1, control, kinds)
        unknown = np.array(UNKNOWN_MEANS)[None, :, None, None]
        parts = np.broadcast_arrays(unknown, (1.0 - unknown) * (1.0 - yes), (1.0 - unknown) * yes)
        attributes.append(tabulate_attribute(name, given, np.stack(parts, axis=-1)))
    return attributes
