"""What `ctdc-spark demo` prepares: artificial case records and a settings file to start from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ctdc_spark.demo.cases import demo_cases, write_demo_cases
from ctdc_spark.demo.schema import COLUMN_LABELS, VALUE_LABELS
from ctdc_spark.io import files

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SETTINGS = """\
# The demo release; every setting is explained in docs/reference/settings.md
sensitive_microdata_path: {data}
output_dir: {folder}/release
sensitive_dir: {folder}/sensitive   # exact counts and encoded records: never publish this folder
release_id: demo           # if left out: a name that nobody else can reproduce
seed: 1                    # leave this out for real data: then the seed is secret
report_title: Demo release of artificial case records

reporting_resolution: 10   # k: the smallest group that may be described
reporting_length: 3        # combinations of up to three attributes are counted and published
sensitive_zeros: []        # 0 means "does not apply" in every column here

column_labels:             # names that readers understand
{labels}
value_labels:
  traffickMonths:
{months}

column_groups:
  Means of control: [meansDebtBondageEarnings, meansThreats, meansAbusePsyPhySex, meansFalsePromises,
    meansDrugsAlcohol, meansDenyBasicNeeds, meansExcessiveWorkHours, meansWithholdDocs]
  Exploitation: [isForcedLabour, isSexualExploit, isOtherExploit]
  Type of labour: [typeOfLabourAgriculture, typeOfLabourConstruction, typeOfLabourDomesticWork, typeOfLabourHospitality]
  Type of sexual exploitation: [typeOfSexProstitution, typeOfSexPornography]
  Recruiter's relation: [recruiterRelationIntimatePartner, recruiterRelationFriend, recruiterRelationFamily,
    recruiterRelationOther]
"""


def write_settings_text(data: str, folder: str) -> str:
    """The settings of the demo release: its data, and the folder that it goes into."""
    labels = [f"  {column}: {label}" for column, label in COLUMN_LABELS.items()]
    months = [f"    {json.dumps(value)}: {label}" for value, label in VALUE_LABELS["traffickMonths"].items()]
    return SETTINGS.format(data=data, folder=folder, labels="\n".join(labels), months="\n".join(months))


def prepare_demo(spark: SparkSession, folder: str, records: int) -> str:
    """Write artificial case records (if they are not there yet) and a settings file; return the settings' path."""
    data = files.join(folder, f"cases_{records}.tsv")
    if not files.exists(data):
        write_demo_cases(demo_cases(spark, records), data, "tsv")
    settings = files.join(folder, "settings.yaml")
    files.write_text(settings, write_settings_text(data, folder))
    return settings
