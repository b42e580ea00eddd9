"""A creator that is declared wrongly is refused where it is declared, with what to write instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import pytest
from pydantic import Field

from fairlead.drafts.creators import Creator, Declared
from fairlead.drafts.markers import CreatorRule
from fairlead.errors import DefinitionError
from fairlead.kube.drafts import (
    Annotation,
    At,
    DraftError,
    DraftInputs,
    Fixed,
    Label,
    Name,
    OwnedBy,
    Put,
    creator,
    editor,
)
from fairlead.kube.models import KubeModel
from fairlead.kube.resource import Resource, get_info


class Part(KubeModel):
    size: int
    notes: dict[str, str] = Field(default_factory=dict[str, str])


class Spec(KubeModel):
    git_url: str
    part: Part


class Inputs(DraftInputs):
    name: Annotated[str, At("metadata.name")]
    git_url: Annotated[str, At("spec.git_url")]
    size: Annotated[int, At("spec.part.size")] = 3
    sizes: Annotated[list[int], At("spec.part.notes.sizes")] = Field(
        default_factory=list[int]
    )


def declare(inputs: type[DraftInputs], *rules: CreatorRule) -> type[Resource]:
    declared: Creator[...] = creator(inputs, *rules)

    class Thing(Resource, group="x.io", version="v1", plural="things"):
        spec: Spec
        status: str | None = None
        draft = declared

    return Thing


class Astray(Inputs):
    other: str = ""


class ToStatus(Inputs):
    other: Annotated[str, At("status")] = ""


class ToUid(Inputs):
    other: Annotated[str, At("metadata.uid")] = ""


class ToDeep(Inputs):
    other: Annotated[str, At("spec.git_url.host")] = ""


class ToTypo(Inputs):
    other: Annotated[str, At("spec.git_ulr")] = ""


class Conditional(Inputs):
    other: Annotated[str, At("spec.git_url", when={"absent": 1})] = ""


class Gap(DraftInputs):
    name: Annotated[str, At("metadata.name")]
    size: Annotated[int, At("spec.part.size")] = 3


class Nameless(DraftInputs):
    git_url: Annotated[str, At("spec.git_url")]
    size: Annotated[int, At("spec.part.size")] = 3


MISTAKES: dict[str, tuple[type[DraftInputs], tuple[CreatorRule, ...], str]] = {
    "unused": (
        Astray,
        (),
        r"Thing\.draft: the input 'other' goes nowhere; annotate it",
    ),
    "status": (ToStatus, (), r"'status' is nowhere in a draft: ThingDraft has no"),
    "uid": (ToUid, (), r"'metadata.uid' is nowhere in a draft: DraftMeta has no 'uid'"),
    "deep": (ToDeep, (), r"'spec.git_url.host' goes on where 'spec.gitUrl' ends"),
    "typo": (ToTypo, (), r"Spec has no 'git_ulr'; its fields are: git_url, part"),
    "condition": (Conditional, (), r"a condition names 'absent', which is no input"),
    "gap": (Gap, (), r"nothing fills 'spec.git_url', which every object needs; add"),
    "nameless": (Nameless, (), r"nothing gives the objects a name; add Name"),
    "template": (
        Inputs,
        (Name("{titel}"),),
        r"the template '\{titel\}' names 'titel', .*the inputs are: git_url, name",
    ),
    "braces": (Inputs, (Put("spec.git_url", "{name"),), r"cannot be read .*in braces"),
    "format": (Inputs, (Name("{name:>9}"),), r"formats 'name'; write \{name\} alone"),
    "list": (Inputs, (Name("{sizes}"),), r"uses 'sizes', which is no text, number"),
    "label": (Inputs, (Label("x/y"),), r"'x/y' has no template"),
    "annotation": (Inputs, (Annotation("x/y"),), r"'x/y' has no template"),
    "room": (Inputs, (Name("{name}", random=9, max_length=9),), "cannot be made"),
    "long": (Inputs, (Name("{name}", max_length=254),), "allows 253 at most"),
    "fixed": (Inputs, (Fixed("spec.size", 1),), r"Spec has no 'size'"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_refused_when_the_class_is_made(mistake: str) -> None:
    inputs, rules, message = MISTAKES[mistake]
    with pytest.raises(DefinitionError, match=message):
        declare(inputs, *rules)


def test_every_path_may_be_filled_from_above_or_below() -> None:
    class Whole(DraftInputs):
        name: Annotated[str, At("metadata.name")]
        spec: Annotated[Spec, At("spec")]

    thing = declare(Whole).draft(name="a", spec=Spec(git_url="a", part=Part(size=1)))  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
    assert thing.to_wire()["spec"] == {  # pyright: ignore[reportUnknownMemberType]
        "gitUrl": "a",
        "part": {"size": 1, "notes": {}},
    }


def declare_as(name: str, declared: Declared) -> type[Resource]:
    class Thing(Resource, group="x.io", version="v1", plural="things"):
        spec: Spec
        locals()[name] = declared

    return Thing


def test_a_creator_has_a_name_that_gives_the_function_its_own() -> None:
    with pytest.raises(
        DefinitionError, match=r"Thing\.build: .* draft or \.\.\._draft"
    ):
        declare_as("build", creator(Inputs))


class Required(DraftInputs):
    size: Annotated[int, At("spec.part.size")]


class Renaming(DraftInputs):
    name: Annotated[str | None, At("metadata.name")] = None


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (Required, r"Thing\.edit: the input 'size' is required; what is absent stays"),
        (Renaming, r"'metadata\.name' never changes; leave it out of the edits"),
    ],
)
def test_edits_are_optional_and_change_no_name(
    inputs: type[DraftInputs], message: str
) -> None:
    with pytest.raises(DefinitionError, match=message):
        declare_as("edit", editor(inputs))


def test_something_else_than_inputs_is_refused() -> None:
    wrong: Callable[[], DraftInputs] = Inputs.model_construct
    with pytest.raises(DefinitionError, match=r"declares no inputs: derive it from"):
        creator(wrong)


class Branch(Resource, group="x.io", version="v1", plural="branches"):
    class Inputs(DraftInputs):
        codebase: Annotated[Resource, OwnedBy(block_owner_deletion=True)]
        branch: Annotated[str, Label("x.io/branch")]

    draft = creator(Inputs, Name("{branch}", random=5))
    release_draft = creator(Inputs, Name("release-{branch}", max_length=12))


def owner(uid: str) -> Resource:
    return Resource.model_validate(
        {"apiVersion": "x.io/v1", "kind": "C", "metadata": {"name": "c", "uid": uid}}
    )


def test_names_are_short_random_at_the_end_and_without_special_letters() -> None:
    made = {
        Branch.draft(codebase=owner("u"), branch="Féature/" + "x" * 99).metadata.name
        for _ in range(5)
    }
    assert len(made) == 5
    for name in made:
        assert len(name) == 63
        assert name.startswith("feature-xxx")
    release = Branch.release_draft(codebase=owner("u"), branch="abc-def")
    assert release.metadata.name == "release-abc"
    assert release.metadata.labels == {"x.io/branch": "abc-def"}


def test_owner_references_name_an_object_that_exists() -> None:
    branch = Branch.draft(codebase=owner("u"), branch="a")
    assert branch.to_wire()["metadata"]["ownerReferences"] == [
        {
            "apiVersion": "x.io/v1",
            "kind": "C",
            "name": "c",
            "uid": "u",
            "blockOwnerDeletion": True,
        }
    ]
    with pytest.raises(DraftError, match=r"the owner has no uid: it must have been"):
        Branch.draft(codebase=owner(""), branch="a")


def test_a_text_without_letters_makes_no_name() -> None:
    with pytest.raises(DraftError, match=r'"---" has no letter or digit'):
        Branch.draft(codebase=owner("u"), branch="---")


class Plain(DraftInputs):
    name: str
    namespace: Annotated[str, At()]
    git_url: Annotated[str, At(), Label("x.io/url")]
    part: Part


class Clear(DraftInputs):
    name: Annotated[str, At("metadata.name"), Label("x.io/name")]
    namespace: Annotated[str, At("metadata.namespace")]
    git_url: Annotated[str, At("spec.git_url"), Label("x.io/url")]
    part: Annotated[Part, At("spec.part")]


def test_inputs_go_where_their_names_say() -> None:
    named = Label("x.io/name", "{name}")
    plain, clear = declare(Plain), declare(Clear)
    values = {
        "name": "a",
        "namespace": "team",
        "git_url": "git",
        "part": Part(size=1),
    }
    made = clear.draft(**values).to_wire()  # type: ignore[attr-defined]
    del made["metadata"]["labels"]["x.io/name"]
    assert plain.draft(**values).to_wire() == made  # type: ignore[attr-defined]
    # What a template already uses goes there, and nowhere by itself.
    with pytest.raises(DefinitionError, match="nothing gives the objects a name"):
        Declared.get_spec(declare(Plain, named).__drafts__["draft"], declare(Plain))


class Noted(KubeModel):
    note: str | None = None


class Kept(Noted):
    """What inputs and spec have alike."""

    kind_of: Annotated[str, At(), Label("x.io/kind")]
    size: int = 1


class BoxSpec(Kept):
    description: str | None = None


class BoxInputs(Kept, DraftInputs):
    name: Annotated[str, At("metadata.name")]
    lid: Annotated[Resource | None, OwnedBy(controller=True)] = None


class BoxEdits(Noted, DraftInputs):
    """What may be changed."""


class Box(
    Resource, group="x.io", version="v1", plural="boxes", labels={"lid": "x.io/lid"}
):
    spec: BoxSpec
    draft = creator(BoxInputs)
    edit = editor(BoxEdits)


def test_inputs_share_fields_with_the_spec_and_still_refuse_others() -> None:
    box = Box.draft(name="a", kind_of="big", size=2)
    assert box.to_wire()["spec"] == {"kindOf": "big", "size": 2}
    assert box.metadata.labels == {"x.io/kind": "big"}
    noted = Box.draft(name="a", kind_of="big", note="heavy")
    assert noted.spec.note == "heavy"
    assert noted.edit(note=None).spec.note is None
    with pytest.raises(ValueError, match="Extra inputs are not permitted"):
        BoxInputs.model_validate({"name": "a", "kindOf": "big", "colour": "red"})


def test_labels_of_drafts_are_known_by_their_inputs_names() -> None:
    assert get_info(Box).labels == {"lid": "x.io/lid", "kindOf": "x.io/kind"}
    assert get_info(Branch).labels == {"branch": "x.io/branch"}


def test_owners_wait_for_what_they_control() -> None:
    box = Box.draft(name="a", kind_of="big", lid=owner("u"))
    (reference,) = box.metadata.owner_references or []
    assert reference.controller is True
    assert reference.block_owner_deletion is True
