"""Countries of the demo data: ISO-3166 alpha-3 codes by region, and the routes that join the regions.

The regions only make the codes plausible beside each other. Which country of a region is common is drawn from
a fixed random stream (see `model`), so no frequency in the demo data says anything about a country.
"""

from __future__ import annotations

from typing import NamedTuple

ORIGINS: dict[str, tuple[str, ...]] = {
    "west_africa": ("BEN", "BFA", "CIV", "GHA", "GIN", "MLI", "NGA", "SEN", "SLE", "TGO"),
    "east_africa": ("COD", "ERI", "ETH", "KEN", "MDG", "MOZ", "TZA", "UGA", "ZWE"),
    "east_europe": ("ALB", "BGR", "BLR", "MDA", "ROU", "RUS", "UKR"),
    "central_asia": ("KAZ", "KGZ", "TJK", "TKM", "UZB"),
    "south_east_asia": ("CHN", "IDN", "KHM", "LAO", "MMR", "PHL", "THA", "VNM"),
    "south_asia": ("AFG", "BGD", "IND", "LKA", "NPL", "PAK"),
    "middle_east": ("EGY", "IRQ", "MAR"),
    "americas": ("BOL", "COL", "DOM", "GTM", "HND", "HTI", "MEX", "PER", "SLV", "VEN"),
    "north": ("GBR", "USA"),
}
"""Region -> citizenships; the regions share no country."""

DESTINATIONS: dict[str, tuple[str, ...]] = {
    "west_africa": ("CIV", "GHA", "MLI", "NGA"),
    "east_africa": ("COD", "KEN", "UGA", "ZAF"),
    "east_europe": ("ALB", "BGR", "MDA", "POL", "ROU", "RUS", "UKR"),
    "central_asia": ("KAZ", "KGZ", "RUS", "TUR", "UZB"),
    "south_east_asia": ("CHN", "IDN", "KHM", "MMR", "MYS", "PHL", "SGP", "THA"),
    "south_asia": ("AFG", "BGD", "IND", "NPL"),
    "middle_east": ("ARE", "EGY", "KWT", "LBN", "MAR", "SAU"),
    "americas": ("ARG", "COL", "DOM", "GTM", "HTI", "MEX", "PER"),
    "north": ("CZE", "DEU", "ESP", "GBR", "ITA", "USA"),
}
"""Region -> countries of exploitation; a country may serve several regions."""


class Route(NamedTuple):
    """Where the people of a profile come from, where they are taken, and how often they stay at home."""

    origin: str
    destination: str
    at_home: float
    """Probability that the country of exploitation is the citizenship."""


ROUTES: dict[str, Route] = {
    "west_africa_home": Route("west_africa", "west_africa", 0.75),
    "west_africa_north": Route("west_africa", "north", 0.20),
    "east_africa_home": Route("east_africa", "east_africa", 0.75),
    "east_africa_gulf": Route("east_africa", "middle_east", 0.05),
    "east_europe_home": Route("east_europe", "east_europe", 0.70),
    "east_europe_east": Route("east_europe", "central_asia", 0.30),
    "east_europe_north": Route("east_europe", "north", 0.30),
    "central_asia": Route("central_asia", "central_asia", 0.50),
    "south_east_asia_home": Route("south_east_asia", "south_east_asia", 0.75),
    "south_east_asia_gulf": Route("south_east_asia", "middle_east", 0.05),
    "south_asia_home": Route("south_asia", "south_asia", 0.80),
    "south_asia_gulf": Route("south_asia", "middle_east", 0.10),
    "middle_east_home": Route("middle_east", "middle_east", 0.70),
    "americas_home": Route("americas", "americas", 0.75),
    "americas_north": Route("americas", "north", 0.25),
    "north_home": Route("north", "north", 0.90),
}

CITIZENSHIPS: tuple[str, ...] = tuple(sorted({code for codes in ORIGINS.values() for code in codes}))
EXPLOITATION_COUNTRIES: tuple[str, ...] = tuple(sorted({code for codes in DESTINATIONS.values() for code in codes}))

COUNTRY_NAMES: dict[str, str] = {
    "AFG": "Afghanistan",
    "ALB": "Albania",
    "ARE": "United Arab Emirates",
    "ARG": "Argentina",
    "BEN": "Benin",
    "BFA": "Burkina Faso",
    "BGD": "Bangladesh",
    "BGR": "Bulgaria",
    "BLR": "Belarus",
    "BOL": "Bolivia",
    "CHN": "China",
    "CIV": "Côte d'Ivoire",
    "COD": "Democratic Republic of the Congo",
    "COL": "Colombia",
    "CZE": "Czechia",
    "DEU": "Germany",
    "DOM": "Dominican Republic",
    "EGY": "Egypt",
    "ERI": "Eritrea",
    "ESP": "Spain",
    "ETH": "Ethiopia",
    "GBR": "United Kingdom",
    "GHA": "Ghana",
    "GIN": "Guinea",
    "GTM": "Guatemala",
    "HND": "Honduras",
    "HTI": "Haiti",
    "IDN": "Indonesia",
    "IND": "India",
    "IRQ": "Iraq",
    "ITA": "Italy",
    "KAZ": "Kazakhstan",
    "KEN": "Kenya",
    "KGZ": "Kyrgyzstan",
    "KHM": "Cambodia",
    "KWT": "Kuwait",
    "LAO": "Laos",
    "LBN": "Lebanon",
    "LKA": "Sri Lanka",
    "MAR": "Morocco",
    "MDA": "Moldova",
    "MDG": "Madagascar",
    "MEX": "Mexico",
    "MLI": "Mali",
    "MMR": "Myanmar",
    "MOZ": "Mozambique",
    "MYS": "Malaysia",
    "NGA": "Nigeria",
    "NPL": "Nepal",
    "PAK": "Pakistan",
    "PER": "Peru",
    "PHL": "Philippines",
    "POL": "Poland",
    "ROU": "Romania",
    "RUS": "Russian Federation",
    "SAU": "Saudi Arabia",
    "SEN": "Senegal",
    "SGP": "Singapore",
    "SLE": "Sierra Leone",
    "SLV": "El Salvador",
    "TGO": "Togo",
    "THA": "Thailand",
    "TJK": "Tajikistan",
    "TKM": "Turkmenistan",
    "TUR": "Türkiye",
    "TZA": "Tanzania",
    "UGA": "Uganda",
    "UKR": "Ukraine",
    "USA": "United States of America",
    "UZB": "Uzbekistan",
    "VEN": "Venezuela",
    "VNM": "Viet Nam",
    "ZAF": "South Africa",
    "ZWE": "Zimbabwe",
}
