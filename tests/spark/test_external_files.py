"""What a release publishes is read back as it was, whatever it holds and however the file is written."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ctdc_spark.errors import DataError
from ctdc_spark.release.plain_files import write_file
from ctdc_spark.settings import Settings, build_settings
from ctdc_spark.verification.combination_text import CombinationReader, split_combination
from ctdc_spark.verification.external_files import ExternalFiles, read_aggregates_file, read_microdata_file

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from ctdc_spark.cases.pack import PackedCases

SIGNS = "ab:;\\,\"'\n\r\t=@- \u00e9\u2028|#1"


def ask(**keys: Any) -> Settings:
    """The settings of an input that is written otherwise than the files."""
    input_keys = {"sensitive_microdata_delimiter": "|", "sensitive_microdata_encoding": "cp850", "output_dir": "out"}
    return build_settings({"sensitive_microdata_path": "cases.csv", **input_keys, **keys})


def draw_texts(draw: random.Random, number: int) -> list[str]:
    """Different texts of signs that files and combinations use themselves."""
    found: dict[str, None] = {}
    while len(found) < number:
        text = "".join(draw.choice(SIGNS) for _ in range(draw.randint(1, 6))).strip(" \t\n\r\u2028")
        if text not in ("", "0", "\x1a") and text.casefold() not in {one.casefold() for one in found}:
            found[text] = None
    return list(found)


def values_of(packed: PackedCases) -> list[Counter[str]]:
    found = [Counter[str]() for _ in packed.columns]
    for block in packed.frame.select("values", "counts").collect():
        for column, values, counts in zip(found, block["values"], block["counts"], strict=True):
            column.update(dict(zip(values, counts, strict=True)))
    return found


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("file_format", ["csv", "tsv", "parquet"])
def test_records_of_any_text_are_read_back(spark: SparkSession, tmp_path: Path, file_format: str, seed: int) -> None:
    draw = random.Random(seed)
    names, texts = draw_texts(draw, 5), draw_texts(draw, 30)
    rows = [tuple(draw.choice([None, *texts]) for _ in names) for _ in range(60)]
    frame = spark.createDataFrame(rows, ", ".join(f"c{i} string" for i in range(5))).toDF(*names)
    path = write_file(frame, tmp_path / f"records.{file_format}", file_format, plain=False)
    packed = read_microdata_file(spark, ExternalFiles(path, None), ask(), tuple(names))
    assert values_of(packed) == [Counter(v for v in column if v is not None) for column in zip(*rows, strict=True)]
    assert packed.frame.selectExpr("sum(subjects)").collect()[0][0] == 60


def escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace(":", "\\:").replace(";", "\\;")


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("file_format", ["csv", "tsv", "sds"])
def test_counts_of_any_text_are_read_back(spark: SparkSession, tmp_path: Path, file_format: str, seed: int) -> None:
    draw = random.Random(seed)
    names, texts = draw_texts(draw, 4), draw_texts(draw, 12)
    known = sorted({(draw.choice(names), draw.choice(texts)) for _ in range(20)})
    combinations = [tuple(sorted(draw.sample(known, draw.randint(1, 3)))) for _ in range(40)]
    theirs = CombinationReader(known)
    if file_format == "sds":
        written = {c: ";".join(f"{column}:{value}" for column, value in c) for c in combinations}
        written = {c: text for c, text in written.items() if theirs.split_selections(text) is not None}
        assert len(written) > 20  # the others can be read in several ways
    else:
        written = {c: ";".join(f"{escape(column)}:{escape(value)}" for column, value in c) for c in combinations}
    column = "selections" if file_format == "sds" else "combination_text"
    frame = spark.createDataFrame(
        [(text, 20) for text in written.values()], f"`{column}` string, protected_count bigint"
    )
    path = write_file(
        frame, tmp_path / f"counts.{'tsv' if file_format == 'sds' else file_format}", file_format, plain=False
    )
    rows = read_aggregates_file(spark, ExternalFiles(None, path), ask(), known).collect()
    found = Counter(tuple((pair["column"], pair["value"]) for pair in row["combination"]) for row in rows)
    assert found == Counter(list(written))


@pytest.mark.parametrize(("encoding", "delimiter"), [("utf-8", ";"), ("windows-1252", ";"), ("utf-16", "\t")])
def test_a_file_has_an_encoding_and_a_delimiter_of_its_own(
    spark: SparkSession, tmp_path: Path, encoding: str, delimiter: str
) -> None:
    path = tmp_path / "records.csv"
    path.write_bytes(f"ort{delimiter}b\nGen\u00e8ve{delimiter}1\n".encode(encoding))
    packed = read_microdata_file(spark, ExternalFiles(str(path), None), ask(), ("b", "ort"))
    assert values_of(packed) == [Counter({"1": 1}), Counter({"Gen\u00e8ve": 1})]


UNREADABLE = {
    "no column": ("combination_text,protected_count\n:x,20\n", "1 rows whose combination or protected_count cannot"),
    "no count": ("combination_text,protected_count\na:x,many\n", "1 rows whose combination or protected_count cannot"),
    "nothing": ("combination_text,protected_count\n,20\n", "1 rows whose combination or protected_count cannot"),
    "several ways": ("selections,protected_count\na:b;c:d,20\n", "can be read in several ways; export it as csv"),
    "other columns": ("text,count\na:x,20\n", "needs the columns protected_count and one of combination_text"),
}


@pytest.mark.parametrize(("content", "expected"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_no_breach(spark: SparkSession, tmp_path: Path, content: str, expected: str) -> None:
    path = tmp_path / "counts.csv"
    path.write_text(content, encoding="utf-8")
    known = [("a", "b;c:d"), ("a", "b"), ("c", "d")]
    with pytest.raises(DataError, match=expected) as caught:
        read_aggregates_file(spark, ExternalFiles(None, str(path)), ask(), known)
    assert caught.value.exit_code == 2


def test_an_attribute_that_is_not_known_is_read_all_the_same() -> None:
    reader = CombinationReader([("a:b", "1")])
    assert reader.split_selections("a:b:2;c:3") == [("a:b", "2"), ("c", "3")]
    assert split_combination("a\\:b:2;c:3") == [("a:b", "2"), ("c", "3")]
