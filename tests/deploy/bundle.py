"""Reads the Databricks bundle as its command line would: joins files, applies a target's overrides, fills variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

BUNDLE = Path(__file__).parents[2] / "deploy" / "databricks"
WORKSPACE_FILES = "/Workspace/bundle/files"


@dataclass(frozen=True)
class Bundle:
    """What one target deploys."""

    jobs: Mapping[str, Any]
    variables: Mapping[str, str]

    def commands(self, job: str, parameters: Mapping[str, str]) -> dict[str, list[str]]:
        """The command line of each task of a job, in the order in which they run."""
        given = {one["name"]: str(one["default"]) for one in self.jobs[job]["parameters"]} | dict(parameters)
        return {
            task["task_key"]: [
                fill_run(text, task["task_key"], given) for text in task["python_wheel_task"]["parameters"]
            ]
            for task in in_order(self.jobs[job]["tasks"])
        }


def read_bundle(target: str, given: Mapping[str, str] | None = None) -> Bundle:
    """The bundle of a target, with variables as `--var` would give them.

    Raises:
        KeyError: a variable is used that has no value.
    """
    top = read_yaml("databricks.yml")
    chosen = top["targets"][target]
    jobs: dict[str, Any] = {}
    for pattern in top["include"]:
        for path in sorted(BUNDLE.glob(pattern)):
            jobs |= read_yaml(path.relative_to(BUNDLE))["resources"]["jobs"]
    for name, more in chosen.get("resources", {}).get("jobs", {}).items():
        jobs[name] = {**jobs[name], **more}
    raw = {name: str(one["default"]) for name, one in top["variables"].items() if "default" in one}
    raw |= chosen["variables"] | dict(given or {})
    variables = {name: fill(text, raw) for name, text in raw.items()}
    return Bundle({name: fill_all(job, variables) for name, job in jobs.items()}, variables)


def read_yaml(name: Path | str) -> Any:
    """A file of the bundle."""
    return yaml.safe_load((BUNDLE / name).read_text(encoding="utf-8"))


def fill(text: str, variables: Mapping[str, str]) -> str:
    """A text without references to the bundle's variables; they may refer to each other."""
    while found := re.search(r"\$\{var\.(\w+)\}", text):
        text = text.replace(found[0], str(variables[found[1]]))
    return text.replace("${workspace.file_path}", WORKSPACE_FILES)


def fill_all(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: fill_all(item, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [fill_all(item, variables) for item in value]
    return fill(value, variables) if isinstance(value, str) else value


def fill_run(text: str, task: str, parameters: Mapping[str, str]) -> str:
    """A task's parameter as the task gets it."""
    for name, value in {"task.name": task, **{f"job.parameters.{key}": v for key, v in parameters.items()}}.items():
        text = text.replace("{{" + name + "}}", value)
    assert "{{" not in text, text
    return text


def in_order(tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The tasks of a job, each after those it depends on."""
    done: list[dict[str, Any]] = []
    while len(done) < len(tasks):
        names = {task["task_key"] for task in done}
        ready = [
            task
            for task in tasks
            if task["task_key"] not in names and names >= {one["task_key"] for one in task.get("depends_on", [])}
        ]
        assert ready, "tasks wait for each other"
        done += ready
    return done
