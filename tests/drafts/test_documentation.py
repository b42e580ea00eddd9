"""The drafts of docs/types.md are real."""

from __future__ import annotations

import re
import sys
import types
from pathlib import Path
from typing import Any

TEXT = (Path(__file__).parents[2] / "docs/types.md").read_text()
PRELUDE = """
from typing import Annotated
from fairlead.kube import KubeModel, Resource
from fairlead.kube.drafts import At, DraftInputs, Label, Name, OwnedBy, creator, editor

class Codebase(Resource, group="example.com", version="v1", plural="codebases"):
    pass

class BranchSpec(KubeModel):
    codebase_name: str
    branch_name: str
    release: bool = False
    version: str | None = None

class BranchStatus(KubeModel):
    pass
"""


def test_the_example_of_drafts_does_what_it_says() -> None:
    declaring, using = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    module = types.ModuleType("documented_drafts")
    sys.modules[module.__name__] = module
    exec(PRELUDE + declaring + using, module.__dict__)  # noqa: S102  our own text
    branch: Any = module.__dict__["branch"]
    assert re.fullmatch(r"shop-feature-ete-[a-z2-9]{5}", branch.metadata.name)
    assert branch.metadata.labels["example.com/branch"] == "feature-Ete"
    assert branch.spec.version == "1.2.0"
