"""TriggerTemplate: what runs of a pipeline are made of, besides their parameters."""

from pydantic import JsonValue

from fairlead.kube import KubeModel, Resource

TEMPLATE_LABEL = "app.edp.epam.com/triggertemplate"
"""On a Pipeline: the TriggerTemplate, in its namespace, that its runs are made of."""


class TemplateParam(KubeModel):
    """A value that the template is filled with."""

    name: str
    default: str | None = None


class TriggerTemplateSpec(KubeModel):
    """Objects to be made, in which `$(tt.params.NAME)` stands for a value."""

    params: list[TemplateParam] | None = None
    resourcetemplates: list[dict[str, JsonValue]]


class TriggerTemplate(
    Resource, group="triggers.tekton.dev", version="v1beta1", plural="triggertemplates"
):
    """What runs of a pipeline are made of."""

    spec: TriggerTemplateSpec
