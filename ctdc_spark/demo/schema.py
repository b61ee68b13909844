"""Schema of the demo data: the columns of the CTDC global synthetic data set, with their values and labels.

Every value is a string. The empty string means unknown; a flag is "1" (yes), "0" (no) or "" (unknown).
"""

from __future__ import annotations

from ctdc_spark.demo.countries import CITIZENSHIPS, COUNTRY_NAMES, EXPLOITATION_COUNTRIES

UNKNOWN = ""
FLAG_VALUES: tuple[str, ...] = (UNKNOWN, "0", "1")

YEARS: tuple[str, ...] = tuple(str(year) for year in range(2002, 2023))
GENDERS: tuple[str, ...] = ("Woman", "Man", "Trans/Transgender/NonConforming")
AGES: tuple[str, ...] = ("0--8", "9--17", "18--20", "21--23", "24--26", "27--29", "30--38", "39--47", "48+")
MONTHS: tuple[str, ...] = ("0--12 (0-1 yr)", "13--24 (1-2 yrs)", "25+ (2+ yrs)")

EXPLOITATION_FLAGS: tuple[str, ...] = ("isForcedLabour", "isSexualExploit", "isOtherExploit")
MEANS_FLAGS: tuple[str, ...] = (
    "meansDebtBondageEarnings",
    "meansThreats",
    "meansAbusePsyPhySex",
    "meansFalsePromises",
    "meansDrugsAlcohol",
    "meansDenyBasicNeeds",
    "meansExcessiveWorkHours",
    "meansWithholdDocs",
)
RECRUITER_FLAGS: tuple[str, ...] = (
    "recruiterRelationIntimatePartner",
    "recruiterRelationFriend",
    "recruiterRelationFamily",
    "recruiterRelationOther",
)
LABOUR_FLAGS: tuple[str, ...] = (
    "typeOfLabourAgriculture",
    "typeOfLabourConstruction",
    "typeOfLabourDomesticWork",
    "typeOfLabourHospitality",
)
SEX_FLAGS: tuple[str, ...] = ("typeOfSexProstitution", "typeOfSexPornography")
FLAGS: tuple[str, ...] = EXPLOITATION_FLAGS + MEANS_FLAGS + RECRUITER_FLAGS + LABOUR_FLAGS + SEX_FLAGS

CATEGORIES: dict[str, tuple[str, ...]] = {
    "yearOfRegistration": YEARS,
    "gender": GENDERS,
    "ageBroad": AGES,
    "citizenship": CITIZENSHIPS,
    "CountryOfExploitation": EXPLOITATION_COUNTRIES,
    "traffickMonths": MONTHS,
}
"""Column -> its known values; all but the year may also be unknown."""

COLUMNS: tuple[str, ...] = (*CATEGORIES, *FLAGS)

ALLOWED_VALUES: dict[str, tuple[str, ...]] = {
    **{name: (UNKNOWN, *values) for name, values in CATEGORIES.items()},
    "yearOfRegistration": YEARS,
    **dict.fromkeys(FLAGS, FLAG_VALUES),
}
"""Column -> every string that may stand in it."""

COLUMN_GROUPS: dict[str, tuple[str, ...]] = {
    "Person": ("gender", "ageBroad", "citizenship"),
    "Case": ("yearOfRegistration", "CountryOfExploitation", "traffickMonths"),
    "Type of exploitation": EXPLOITATION_FLAGS,
    "Means of control": MEANS_FLAGS,
    "Recruiter relation": RECRUITER_FLAGS,
    "Type of labour": LABOUR_FLAGS,
    "Type of sexual exploitation": SEX_FLAGS,
}

COLUMN_LABELS: dict[str, str] = {
    "yearOfRegistration": "Year of registration",
    "gender": "Gender",
    "ageBroad": "Age",
    "citizenship": "Citizenship",
    "CountryOfExploitation": "Country of exploitation",
    "traffickMonths": "Duration of the exploitation",
    "isForcedLabour": "Forced labour",
    "isSexualExploit": "Sexual exploitation",
    "isOtherExploit": "Other exploitation",
    "meansDebtBondageEarnings": "Debt bondage or taken earnings",
    "meansThreats": "Threats",
    "meansAbusePsyPhySex": "Psychological, physical or sexual abuse",
    "meansFalsePromises": "False promises",
    "meansDrugsAlcohol": "Drugs or alcohol",
    "meansDenyBasicNeeds": "Denied basic needs",
    "meansExcessiveWorkHours": "Excessive working hours",
    "meansWithholdDocs": "Withheld documents",
    "recruiterRelationIntimatePartner": "Recruited by an intimate partner",
    "recruiterRelationFriend": "Recruited by a friend",
    "recruiterRelationFamily": "Recruited by family",
    "recruiterRelationOther": "Recruited by another person",
    "typeOfLabourAgriculture": "Agriculture",
    "typeOfLabourConstruction": "Construction",
    "typeOfLabourDomesticWork": "Domestic work",
    "typeOfLabourHospitality": "Hospitality",
    "typeOfSexProstitution": "Prostitution",
    "typeOfSexPornography": "Pornography",
}

VALUE_LABELS: dict[str, dict[str, str]] = {
    "ageBroad": {age: age.replace("--", " to ") for age in AGES if "--" in age} | {"48+": "48 and over"},
    "citizenship": {code: COUNTRY_NAMES[code] for code in CITIZENSHIPS},
    "CountryOfExploitation": {code: COUNTRY_NAMES[code] for code in EXPLOITATION_COUNTRIES},
    "traffickMonths": dict(zip(MONTHS, ("up to 1 year", "1 to 2 years", "over 2 years"), strict=True)),
}
"""Column -> value -> readable label, where the value alone does not say enough."""
