"""Objects of real kinds pass through their generated modules unchanged."""

from __future__ import annotations

import json
import sys
import types
from pathlib import Path

import pytest
import yaml
from tests.codegen.crd_objects import make_objects

from fairlead.codegen.crd import crd_module, read_crds
from fairlead.kube import Resource

CRDS = Path(__file__).parents[2] / "apps/portal/cluster/crds"
KINDS = ("pipelineruns", "taskruns", "stages", "codebases")
COUNT = 79


def load(name: str, text: str, kind: str) -> type[Resource]:
    module = types.ModuleType(f"made_from_{name}")
    sys.modules[module.__name__] = module
    exec(text, module.__dict__)  # noqa: S102  it was generated just now
    found: type[Resource] = module.__dict__[kind]
    return found


@pytest.mark.parametrize("name", KINDS)
def test_objects_of_a_kind_pass_unchanged(name: str) -> None:
    text = (CRDS / f"{name}.yaml").read_text()
    (crd,) = read_crds(text)
    resource = load(name, crd_module(crd), crd.kind)
    objects = make_objects(yaml.safe_load(text), COUNT)
    assert len({json.dumps(each) for each in objects}) == COUNT
    changed = [
        each for each in objects if resource.model_validate(each).to_wire() != each
    ]
    assert changed == []
