"""A release every month with Airflow: one task a stage, the sensitive and the publishing ones over two connections.

Each connection of type Spark stands for an identity: `ctdc_sensitive` may read case records, `ctdc_publishing` what is
proven and waits in `staging_dir`. Every task can read every connection, so the identities are kept apart by queues of
the same names: the workers of a queue alone hold its keytab or role. Needs the provider apache-spark; its workers need
spark-submit and the files below.
"""

from __future__ import annotations

from datetime import datetime, timezone

from airflow.models import Variable
from airflow.models.dag import DAG
from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator

CODE = Variable.get("ctdc_code", default_var="/opt/ctdc")
SETTINGS = Variable.get("ctdc_settings", default_var="/opt/ctdc/settings.yaml")
STAGES = {
    "cases": "ctdc_sensitive",
    "combinations": "ctdc_sensitive",
    "synthesis": "ctdc_sensitive",
    "evaluation": "ctdc_sensitive",
    "proof": "ctdc_sensitive",
    "release": "ctdc_publishing",
    "explore": "ctdc_publishing",
}

with DAG(
    dag_id="ctdc_release",
    schedule="0 3 1 * *",
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
    # exit codes 2 and 3 would only happen again, and 4 says that the release is there
    default_args={"retries": 0},
) as dag:
    before = None
    for stage, connection in STAGES.items():
        task = SparkSubmitOperator(
            task_id=stage,
            conn_id=connection,
            queue=connection,
            application=f"{CODE}/jobs/{stage}.py",
            application_args=["--settings", SETTINGS, "--release-id", "ctdc-{{ ds }}"],
            py_files=f"{CODE}/ctdc_spark.whl",
            packages="io.delta:delta-spark_4.2_2.13:4.4.0",
            conf={
                "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
                "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
                # records are encrypted on the network and on disks; plans and Spark's log name columns and may quote
                # records. YARN and Kubernetes make a secret for each job, a standalone cluster needs one of its own
                "spark.authenticate": "true",
                "spark.network.crypto.enabled": "true",
                "spark.network.crypto.cipher": "AES/GCM/NoPadding",
                "spark.io.encryption.enabled": "true",
                "spark.eventLog.enabled": "false",
                "spark.ui.enabled": "false",
                "spark.log.level": "OFF",
            },
        )
        if before is not None:
            before >> task
        before = task
