"""What a run takes over from a TriggerTemplate."""

from __future__ import annotations

import pytest
from pydantic import JsonValue

from fairlead import TRPCError
from fairlead.kube import ObjectMeta
from portal.resources import TriggerTemplate
from portal.resources.trigger_template import TemplateParam, TriggerTemplateSpec
from portal.routers.run_templates import take_from_template

SPEC: dict[str, JsonValue] = {
    "pipelineRef": {"name": "$(tt.params.pipeline)"},
    "params": [{"name": "url", "value": "$(tt.params.url)"}],
    "taskRunTemplate": {"serviceAccountName": "tekton"},
    "workspaces": [
        {"name": "keys", "secret": {"secretName": "ci-$(tt.params.server)"}},
        {
            "name": "files",
            "emptyDir": {},
            "subPath": "$(tt.params.url)/$(tt.params.server)",
        },
    ],
}


def make_template(*objects: dict[str, JsonValue]) -> TriggerTemplate:
    return TriggerTemplate(
        metadata=ObjectMeta(name="build", namespace="team-a"),
        spec=TriggerTemplateSpec(
            params=[
                TemplateParam(name="url"),
                TemplateParam(name="server", default="github"),
            ],
            resourcetemplates=[*objects],
        ),
    )


def test_workspaces_and_account_are_taken_and_filled() -> None:
    template = make_template(
        {"kind": "ConfigMap"}, {"kind": "PipelineRun", "spec": SPEC}
    )
    taken = take_from_template(template, {"url": "u"})
    assert taken == {
        "taskRunTemplate": {"serviceAccountName": "tekton"},
        "workspaces": [
            {"name": "keys", "secret": {"secretName": "ci-github"}},
            {"name": "files", "emptyDir": {}, "subPath": "u/github"},
        ],
    }
    other = take_from_template(template, {"url": "u", "server": "$(tt.params.url)"})
    assert "$(tt.params.url)" in str(other), "what is given is no template itself"


def test_a_value_that_is_missing_is_named() -> None:
    template = make_template({"kind": "PipelineRun", "spec": SPEC})
    with pytest.raises(TRPCError, match="build needs url"):
        take_from_template(template, {})


def test_a_template_that_makes_no_run_is_refused() -> None:
    with pytest.raises(TRPCError, match="makes no run"):
        take_from_template(make_template({"kind": "ConfigMap"}), {})
