"""What a resource class declares: how objects of its kind are created and edited from flat inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import (
    Any,
    ClassVar,
    Generic,
    Literal,
    ParamSpec,
    Protocol,
    Self,
    TypeVar,
    cast,
    overload,
)

from pydantic import BaseModel, ConfigDict, JsonValue
from pydantic.alias_generators import to_camel

from fairlead.drafts.building import Suffix, build, make_suffix
from fairlead.drafts.declaring import Compiler, wire_name
from fairlead.drafts.markers import CreatorRule, Label
from fairlead.drafts.nodes import DraftSpec
from fairlead.errors import DefinitionError

P = ParamSpec("P")


class DraftInputs(BaseModel):
    """Base of the inputs of a creator or editor: flat, camelCase on the wire.

    A field goes to the spec's field of its name, `name` and `namespace` to the metadata's. Where it
    goes elsewhere, say so: `host: Annotated[str, At("spec.git_host")]`.
    """

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid"
    )


class DraftedResource(Protocol):
    """What a class must offer to have creators and editors; `fairlead.kube.Resource` does."""

    __drafts__: ClassVar[Mapping[str, Declared]]

    @classmethod
    def __draft_model__(cls) -> type[BaseModel]:
        """The model of an object before the cluster has made it."""
        ...

    @classmethod
    def __draft_base__(cls) -> Mapping[str, JsonValue]:
        """What every object of the class has."""
        ...


R = TypeVar("R", bound=BaseModel)


class Declared:
    """A creator or editor as declared: an attribute of a resource class."""

    action: ClassVar[Literal["create", "edit"]]

    def __init__(
        self, inputs: type[DraftInputs], rules: tuple[CreatorRule, ...]
    ) -> None:
        self.inputs = inputs
        self.rules = rules
        self.name = ""
        self._specs: dict[type, DraftSpec] = {}

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        declared: Mapping[str, Declared] = getattr(owner, "__drafts__", {})
        cast("Any", owner).__drafts__ = {**declared, name: self}

    def get_spec(self, owner: type[BaseModel]) -> DraftSpec:
        """What it is compiled to.

        Raises:
            DefinitionError: it is declared wrongly; the message names the rule and the cure.
        """
        if owner not in self._specs:
            self._specs[owner] = self._compile(owner)
        return self._specs[owner]

    def find_labels(self) -> dict[str, str]:
        """Keys of the labels that inputs are put in, by the inputs' names on the wire."""
        return {
            wire_name(name, info): marker.key
            for name, info in self.inputs.model_fields.items()
            for marker in info.metadata
            if isinstance(marker, Label)
        }

    def _compile(self, owner: type[BaseModel]) -> DraftSpec:
        resource = cast("DraftedResource", owner)
        where = f"{owner.__name__}.{self.name}"
        draft = resource.__draft_model__()
        compiler = Compiler(where, self.inputs, draft)
        rules = compiler.compile(self.rules)
        self._check(compiler, rules)
        defaults: dict[str, JsonValue] = {}
        if self.action == "create":
            defaults = self._defaults()
            compiler.reject_gaps(rules)
        return DraftSpec(
            action=self.action,
            name=owner.__name__ + _camel(self.name, self.action, where),
            inputs=self.inputs,
            draft=draft,
            rules=rules,
            defaults=defaults,
            base=resource.__draft_base__(),
        )

    def _check(self, compiler: Compiler, rules: tuple[Any, ...]) -> None:
        """Further checks of one kind of declaration."""

    def _defaults(self) -> dict[str, JsonValue]:
        model = self.inputs.model_construct()
        found = model.model_dump(mode="json", by_alias=True, exclude_unset=False)
        return {
            wire_name(name, info): found[wire_name(name, info)]
            for name, info in self.inputs.model_fields.items()
            if not info.is_required()
        }


class Creator(Declared, Generic[P]):
    """Creates objects of the class it stands on: `Codebase.draft(name="a", ...)`."""

    action = "create"

    def __get__(self, instance: R | None, owner: type[R]) -> BoundCreator[P, R]:
        return BoundCreator(self, owner)


class BoundCreator(Generic[P, R]):
    """The creator of one resource class."""

    __slots__ = ("_owner", "_suffix", "declared")

    def __init__(
        self, declared: Creator[P], owner: type[R], suffix: Suffix = make_suffix
    ) -> None:
        self.declared = declared
        self._owner = owner
        self._suffix = suffix

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """The object that the inputs describe, as it is before the cluster has made it.

        Raises:
            ValidationError: an input, or the object made of them, does not fit its type.
            DraftError: a name comes out empty, or an owner has not been created.
        """
        return self.from_inputs(self.declared.inputs(*args, **kwargs))

    def using(self, suffix: Suffix) -> Self:
        """The same with another source of random characters."""
        return type(self)(self.declared, self._owner, suffix)

    def from_inputs(self, inputs: DraftInputs) -> R:
        """The object of inputs that were validated before."""
        return self._owner.model_validate(self.build(inputs))

    def build(self, inputs: DraftInputs) -> dict[str, JsonValue]:
        """The JSON that `create<Kind>Draft` gives in TypeScript: defaults of the model left out."""
        spec = self.declared.get_spec(self._owner)
        given = {**spec.defaults, **_dump(inputs)}
        return build(spec.rules, given, spec.base, self._suffix)


class Editor(Declared, Generic[P]):
    """Edits objects of the class it stands on: `codebase.edit(description="b")`."""

    action = "edit"

    @overload
    def __get__(self, instance: None, owner: type[R]) -> Self: ...
    @overload
    def __get__(self, instance: R, owner: type[R]) -> BoundEditor[P, R]: ...
    def __get__(self, instance: R | None, owner: type[R]) -> Self | BoundEditor[P, R]:
        return self if instance is None else BoundEditor(self, instance)

    def _check(self, compiler: Compiler, rules: tuple[Any, ...]) -> None:
        for rule in rules:
            if rule.to in (("metadata", "name"), ("metadata", "namespace")):
                raise compiler.fail(
                    f"{'.'.join(rule.to)!r} never changes", "leave it out of the edits"
                )
        for name, info in self.inputs.model_fields.items():
            if info.is_required():
                raise compiler.fail(
                    f"the input {name!r} is required",
                    "what is absent stays as it is: "
                    "give it a default, such as None, which takes the field away",
                )


class BoundEditor(Generic[P, R]):
    """The editor of one object."""

    __slots__ = ("_object", "declared")

    def __init__(self, declared: Editor[P], object_: R) -> None:
        self.declared = declared
        self._object = object_

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """A copy with what is given changed; None takes a field away.

        Raises:
            ValidationError: a change, or the object with it, does not fit its type.
        """
        return self.from_inputs(self.declared.inputs(*args, **kwargs))

    def from_inputs(self, inputs: DraftInputs) -> R:
        """A copy with inputs applied that were validated before."""
        cls = type(self._object)
        spec = self.declared.get_spec(cls)
        base = self._object.model_dump(mode="json", by_alias=True)
        return cls.model_validate(build(spec.rules, _dump(inputs), base))


def _dump(inputs: DraftInputs) -> dict[str, JsonValue]:
    return inputs.model_dump(mode="json", by_alias=True, exclude_unset=True)


def _camel(name: str, action: str, where: str) -> str:
    """`draft` is `Draft`, `release_draft` is `ReleaseDraft`; editors: `edit` and `edit_labels`."""
    word = "draft" if action == "create" else "edit"
    fits = name == word or (
        name.endswith("_draft") if word == "draft" else name.startswith("edit_")
    )
    if not fits:
        forms = "draft or ..._draft" if word == "draft" else "edit or edit_..."
        raise DefinitionError(
            f"{where}: the name gives the generated function its own; call it {forms}"
        )
    text = "".join(part[:1].upper() + part[1:] for part in name.split("_"))
    return text if action == "create" else text.removeprefix("Edit")


def creator(inputs: Callable[P, DraftInputs], *rules: CreatorRule) -> Creator[P]:
    """Declares how objects of a resource class are made from flat inputs.

        class Codebase(Resource, group="v2.edp.epam.com", version="v1", plural="codebases"):
            spec: CodebaseSpec
            draft = creator(CodebaseInputs, Name("{title}", random=5))

    `Codebase.draft(...)` makes one in Python, `createCodebaseDraft({ ... })` in TypeScript.
    """
    return Creator[P](_inputs_class(inputs), rules)


def editor(inputs: Callable[P, DraftInputs], *rules: CreatorRule) -> Editor[P]:
    """Declares which fields of a resource may be edited, from flat inputs that all have defaults.

    `codebase.edit(...)` in Python, `editCodebase(codebase, { ... })` in TypeScript.
    """
    return Editor[P](_inputs_class(inputs), rules)


def _inputs_class(inputs: object) -> type[DraftInputs]:
    if isinstance(inputs, type) and issubclass(inputs, DraftInputs):
        return inputs
    raise DefinitionError(f"{inputs!r} declares no inputs: derive it from DraftInputs")
