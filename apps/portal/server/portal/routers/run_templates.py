"""What a run takes over from a TriggerTemplate: where its tasks keep files, and as whom they run."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pydantic import JsonValue

from fairlead import TRPCError
from portal.resources.trigger_template import TriggerTemplate

TAKEN = ("workspaces", "taskRunTemplate", "timeouts")
PLACE = re.compile(r"\$\(tt\.params\.([-\w.]+)\)")


def take_from_template(
    template: TriggerTemplate, given: Mapping[str, str]
) -> dict[str, JsonValue]:
    """Fields of a run's spec, as the template's first PipelineRun has them.

    Args:
        given: the run's parameters; those of the same name fill the template, its own defaults
            the rest.

    Raises:
        TRPCError: BAD_REQUEST; it makes no run, or a value for it is missing.
    """
    name = template.metadata.name
    specs = (
        each.get("spec")
        for each in template.spec.resourcetemplates
        if each.get("kind") == "PipelineRun"
    )
    spec = next(specs, None)
    if not isinstance(spec, dict):
        raise TRPCError("BAD_REQUEST", f"The TriggerTemplate {name} makes no run")
    values = {
        each.name: each.default
        for each in template.spec.params or []
        if each.default is not None
    } | {**given}
    return {field: _fill(spec[field], values, name) for field in TAKEN if field in spec}


def _fill(value: JsonValue, values: Mapping[str, str], name: str) -> JsonValue:
    """A copy of a value with `$(tt.params.NAME)` filled in."""
    if isinstance(value, dict):
        return {key: _fill(each, values, name) for key, each in value.items()}
    if isinstance(value, list):
        return [_fill(each, values, name) for each in value]
    if not isinstance(value, str):
        return value
    missing = sorted({*PLACE.findall(value)} - values.keys())
    if missing:
        needed = ", ".join(missing)
        raise TRPCError("BAD_REQUEST", f"The TriggerTemplate {name} needs {needed}")
    return PLACE.sub(lambda found: values[found[1]], value)
