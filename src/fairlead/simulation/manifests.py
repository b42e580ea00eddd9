"""The files of a cluster directory, as the objects they stand for.

    crds/*.yaml       custom resource definitions, as they are
    seed/*.yaml       objects, with `{{ expressions }}`; tables of objects; histories of runs
    scenario.yaml     the scenario (here: which tasks the pipelines of a history have)

Beside Kubernetes's own kinds a seed file may hold, in `simulation.fairlead.dev/v1`:

    Table             `template` is rendered once for each of `rows`; a row's fields are what its
                      expressions see, `defaults` fill in what a row leaves out
    PipelineHistory   finished pipeline runs with their task runs, a line each
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    TypeAdapter,
    ValidationError,
)

from fairlead.simulation.errors import ManifestError
from fairlead.simulation.history import History, expand_history
from fairlead.simulation.objects import JsonObject, Ref, kind_of, ref_of
from fairlead.simulation.scenario import POD_LOG, Scenario, read_scenario
from fairlead.simulation.templates import Scope, render_object

OWN_VERSION = "simulation.fairlead.dev/v1"
_OBJECT: TypeAdapter[JsonObject] = TypeAdapter(dict[str, JsonValue])


@dataclass(frozen=True, slots=True)
class Manifests:
    """What a cluster directory holds."""

    definitions: list[JsonObject]
    objects: list[JsonObject]
    logs: list[JsonObject] = field(default_factory=list[JsonObject])


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    api_version: str = Field(alias="apiVersion")
    kind: Literal["Table"]
    defaults: dict[str, JsonValue] = Field(default_factory=dict)
    rows: list[JsonObject]
    template: JsonObject


def read_manifests(directory: Path, now: datetime) -> Manifests:
    """Reads a cluster directory; moments are relative to `now`.

    Raises:
        ManifestError: a file is wrong.
    """
    if not directory.is_dir():
        raise ManifestError(
            f"{directory} is no directory: it should hold crds/ and seed/"
        )
    definitions = [value for _, value in _documents(directory / "crds")]
    plain: dict[Ref, JsonObject] = {}
    histories: list[History] = []
    for file, document in _documents(directory / "seed"):
        try:
            if document.get("kind") == "PipelineHistory":
                histories.append(History.model_validate(document))
                continue
            for value in _expand(document, now):
                _add(plain, value)
        except (ValueError, ManifestError) as exc:
            raise ManifestError(f"{file}: {exc}") from exc
    past = _past(directory, histories, plain, now)
    made = [each for each in past if kind_of(each) != POD_LOG]
    logs = [each for each in past if kind_of(each) == POD_LOG]
    return Manifests(definitions, [*plain.values(), *made], logs)


def _past(
    directory: Path,
    histories: Iterable[History],
    known: dict[Ref, JsonObject],
    now: datetime,
) -> list[JsonObject]:
    file = directory / "scenario.yaml"
    scenario = read_scenario(file) if file.exists() else Scenario()
    try:
        return [
            run
            for each in histories
            for run in expand_history(each, known, scenario, now)
        ]
    except ValueError as exc:
        raise ManifestError(f"The history in {directory}/seed is wrong: {exc}") from exc


def _documents(folder: Path) -> Iterator[tuple[Path, JsonObject]]:
    for file in sorted(folder.glob("*.yaml")):
        try:
            # The C loader is seven times as fast, which is most of the time a seed takes to read.
            for document in yaml.load_all(file.read_text(), Loader=_LOADER):
                if document is not None:
                    yield file, _OBJECT.validate_python(document)
        except (yaml.YAMLError, ValidationError) as exc:
            raise ManifestError(f"{file} is no list of objects: {exc}") from exc


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _expand(document: JsonObject, now: datetime) -> Iterator[JsonObject]:
    if document.get("apiVersion") != OWN_VERSION:
        yield render_object(document, Scope(now, {}))
        return
    table = _Table.model_validate(document)
    for row in table.rows:
        values = {
            **table.defaults,
            **render_object(row, Scope(now, {**table.defaults, **row})),
        }
        yield render_object(table.template, Scope(now, values))


def _add(known: dict[Ref, JsonObject], value: JsonObject) -> None:
    ref = ref_of(value)
    if not (ref.kind.name and ref.kind.api_version and ref.name):
        raise ManifestError("an object lacks its apiVersion, kind or metadata.name")
    if ref in known:
        raise ManifestError(f"{ref} is there twice: rename one")
    known[ref] = value
