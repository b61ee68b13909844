"""What `ctdc-spark demo` prepares: artificial case records and a settings file to start from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctdc_spark.demo.cases import demo_cases, write_demo_cases
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

column_groups:
  Means of control: [meansDebtBondageEarnings, meansThreats, meansAbusePsyPhySex, meansFalsePromises,
    meansDrugsAlcohol, meansDenyBasicNeeds, meansExcessiveWorkHours, meansWithholdDocs]
  Exploitation: [isForcedLabour, isSexualExploit, isOtherExploit]
  Type of labour: [typeOfLabourAgriculture, typeOfLabourConstruction, typeOfLabourDomesticWork, typeOfLabourHospitality]
  Type of sexual exploitation: [typeOfSexProstitution, typeOfSexPornography]
  Recruiter's relation: [recruiterRelationIntimatePartner, recruiterRelationFriend, recruiterRelationFamily,
    recruiterRelationOther]
"""


def prepare_demo(spark: SparkSession, folder: str, records: int) -> str:
    """Write artificial case records (if they are not there yet) and a settings file; return the settings' path."""
    data = files.join(folder, f"cases_{records}.tsv")
    if not files.exists(data):
        write_demo_cases(demo_cases(spark, records), data, "tsv")
    settings = files.join(folder, "settings.yaml")
    files.write_text(settings, SETTINGS.format(data=data, folder=folder))
    return settings
