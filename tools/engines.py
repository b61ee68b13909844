"""The versions of Spark and Python that are claimed to work, and an environment for each.

An environment, in `.engines/`, has that Python, that Spark, the Delta that fits it, and everything else as in
`requirements.lock`. It is made once; `make test-matrix` tests in all of them.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
BUILT_WITH = ("setuptools>=78.1.1,<81", "wheel>=0.46.2")
"""Some versions of pyspark are built from source."""
TESTED_WITH = ("pytest", "chispa", "hypothesis", "dp-accounting", "scikit-learn")


@dataclass(frozen=True)
class Engine:
    """A pair that is claimed to work."""

    python: str
    spark: str
    delta: str

    @property
    def name(self) -> str:
        """Such as "spark-4.2.0-python3.12"."""
        return f"spark-{self.spark}-python{self.python}"

    @property
    def program(self) -> Path:
        """The environment's Python."""
        return ROOT / ".engines" / self.name / "bin" / "python"


ENGINES = (
    Engine("3.12", "4.2.0", "4.4.0"),
    Engine("3.10", "4.2.0", "4.4.0"),
    Engine("3.10", "4.0.1", "4.0.0"),
    Engine("3.11", "3.5.7", "3.3.2"),
)
"""In addition to Python 3.11 with Spark 4.2, which `make test` uses."""


def environment(engine: Engine) -> dict[str, str]:
    """Environment variables for the engine's programs, without any that name another Spark or Python."""
    others = ("SPARK_", "PYSPARK_", "VIRTUAL_ENV")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(others)}
    return {**kept, "PATH": f"{engine.program.parent}{os.pathsep}{os.environ['PATH']}"}


def make_environment(engine: Engine) -> None:
    """Install an engine, unless exactly that one is installed already.

    Raises:
        FileNotFoundError: its Python is not on this machine.
        subprocess.CalledProcessError: a package cannot be installed.
    """
    home = engine.program.parents[1]
    wanted = [f"pyspark=={engine.spark}", f"delta-spark=={engine.delta}", *TESTED_WITH, "--editable", f"{ROOT}[dp]"]
    pins, finished = _locked_versions(), home / "finished.txt"
    asked = "\n".join([*wanted, *pins])
    if finished.exists() and finished.read_text(encoding="utf-8") == asked:
        return
    shutil.rmtree(home, ignore_errors=True)
    subprocess.run([_find_python(engine.python), "-m", "venv", str(home)], check=True)
    constraints = home / "constraints.txt"
    constraints.write_text("\n".join(pins), encoding="utf-8")
    pip = [str(engine.program), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *BUILT_WITH], check=True)
    subprocess.run([*pip, "--constraint", str(constraints), *wanted], check=True)
    finished.write_text(asked, encoding="utf-8")


def _find_python(version: str) -> str:
    name = f"python{version}"
    for folder in os.get_exec_path():
        path = shutil.which(name, path=folder)
        # version managers leave names on the PATH that do not start
        if path is not None and not subprocess.run([path, "--version"], capture_output=True, check=False).returncode:
            return path
    raise FileNotFoundError(f"there is no {name} on the PATH that starts")


def _locked_versions() -> list[str]:
    """The lock without its hashes, and without the packages that each engine sets itself."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pins = re.findall(r"^([\w.-]+==[^\\\n]+?) *\\?$", lock, flags=re.MULTILINE)
    return [pin for pin in pins if not pin.startswith(("pyspark==", "delta-spark==", "py4j=="))]
