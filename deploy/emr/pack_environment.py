"""Pack a whole Python with this project and what it needs into one archive for the nodes of a cluster.

Run it under the Python to pack, on a system like that of the nodes (for EMR: Amazon Linux 2023):

    python3.11 deploy/emr/pack_environment.py --wheel dist/ctdc_spark-0.1.0-py3-none-any.whl environment.tar.gz

The archive holds the interpreter and its standard library too, so that nodes with an older Python, or none, can run it
from wherever it is unpacked. Spark is not in it: the cluster brings its own, Delta included.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = ("__pycache__", "site-packages", "dist-packages", "test", "idlelib", "tkinter", "turtledemo", "ensurepip")
LOCK = ROOT / "deploy" / "locks" / "cluster.lock"
LAUNCHER = """\
#!/bin/sh
# Finds the library of its interpreter beside itself, wherever the archive was unpacked.
here=$(cd "$(dirname "$0")/.." && pwd)
LD_LIBRARY_PATH="$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" PYTHONNOUSERSITE=1 exec "$here/bin/%s" "$@"
"""


def main() -> None:
    """Build the archive."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path, help="new file, .tar.gz")
    parser.add_argument("--wheel", type=Path, required=True, help="the wheel of ctdc-spark: make wheel")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        environment = Path(scratch) / "environment"
        copy_interpreter(environment)
        install_packages(environment, asked.wheel)
        with tarfile.open(asked.archive, "w:gz", compresslevel=6) as archive:
            archive.add(environment, arcname=".")


def copy_interpreter(environment: Path) -> None:
    """Copy the interpreter that runs this, its shared library if it has one, and its standard library."""
    base = Path(sys.base_prefix)
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    (environment / "bin").mkdir(parents=True)
    shutil.copy2(base / "bin" / name, environment / "bin" / name)
    for path in {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}:
        folder = Path(path.replace(sys.prefix, sys.base_prefix))
        ignored = shutil.ignore_patterns(*LEFT_OUT)
        shutil.copytree(folder, environment / folder.relative_to(base), ignore=ignored, dirs_exist_ok=True)
    (environment / "lib").mkdir(exist_ok=True)
    if sysconfig.get_config_var("Py_ENABLE_SHARED"):
        library = Path(sysconfig.get_config_var("LIBDIR")) / sysconfig.get_config_var("INSTSONAME")
        shutil.copy2(library, environment / "lib" / library.name)
    for alias in ("python", "python3"):
        launcher = environment / "bin" / alias
        launcher.write_text(LAUNCHER % name, encoding="utf-8")
        launcher.chmod(0o755)


def install_packages(environment: Path, wheel: Path) -> None:
    """Install the wheel and what it needs, in the versions of the lock; all of it is held to its hashes."""
    site_packages = next(environment.glob("lib*/python3.*")) / "site-packages"
    site_packages.mkdir(exist_ok=True)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    asked = environment / "requirements.txt"
    asked.write_text(f"{LOCK.read_text(encoding='utf-8')}{wheel.resolve()} --hash=sha256:{digest}\n", encoding="utf-8")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(site_packages)]
    held = ["--only-binary", ":all:", "--require-hashes", "--requirement", str(asked)]  # source would need tools unheld
    subprocess.run([*install, *held], check=True)  # noqa: S603 - our own command


if __name__ == "__main__":
    main()
