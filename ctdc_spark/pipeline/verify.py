"""Verify a published release, or files from any tool, as the protection in the settings requires."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctdc_spark.errors import SettingsError
from ctdc_spark.protections.protection import VerifiesFiles, choose_protection

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from ctdc_spark.proof.findings import Verification
    from ctdc_spark.settings import Settings
    from ctdc_spark.verification.external_files import ExternalFiles


def verify_release(spark: SparkSession, settings: Settings) -> Verification:
    """Verify the published release that these settings name; `require` of the outcome raises if a check failed.

    Raises:
        DataError: there is no such release, or it was made with other settings.
    """
    return choose_protection(settings).verify_published(spark, settings)


def verify_files(spark: SparkSession, settings: Settings, given: ExternalFiles) -> Verification:
    """Verify files that any tool wrote against the input and the promise that the settings name.

    Raises:
        SettingsError: the protection promises nothing that files can be checked against.
        DataError: the files, or the input, cannot be read.
    """
    return require_verifies_files(settings).verify_files(spark, settings, given)


def require_verifies_files(settings: Settings) -> VerifiesFiles:
    """The protection in the settings, if it promises something that files can be checked against.

    Raises:
        SettingsError: it does not.
    """
    protection = choose_protection(settings)
    if not isinstance(protection, VerifiesFiles):
        raise SettingsError(
            f"{protection.found}; files are verified against a smallest group, which it does not promise. Verify the "
            "published release instead, without files"
        )
    return protection
