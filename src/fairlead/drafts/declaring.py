"""Rules as they are written on a resource class, checked against its models and compiled to nodes."""

from __future__ import annotations

import enum
import string
import types
from collections.abc import Iterator
from typing import (
    Annotated,
    Any,
    Literal,
    TypeGuard,
    Union,
    get_args,
    get_origin,
)

from pydantic import BaseModel, JsonValue
from pydantic.fields import FieldInfo

from fairlead.drafts.building import names_in
from fairlead.drafts.markers import (
    Annotation,
    At,
    CreatorRule,
    FieldRule,
    Fixed,
    Label,
    Name,
    OwnedBy,
    Put,
    When,
)
from fairlead.drafts.nodes import (
    Constant,
    Input,
    Owner,
    Path,
    Rule,
    Text,
    TextForm,
)
from fairlead.errors import DefinitionError

_LONGEST_NAME = 253


class Compiler:
    """Compiles the rules of one creator or editor; `where` names it in messages."""

    def __init__(
        self, where: str, inputs: type[BaseModel], draft: type[BaseModel]
    ) -> None:
        self._where = where
        self._inputs = inputs
        self._draft = draft

    def compile(self, rules: tuple[CreatorRule, ...]) -> tuple[Rule, ...]:
        """Every rule, those of the inputs first.

        Raises:
            DefinitionError: a rule names what is not there, or an input goes nowhere.
        """
        of_creator = [self._of_creator(rule) for rule in rules]
        of_inputs = {
            name: [self._of_input(name, info, m) for m in info.metadata if _is_rule(m)]
            for name, info in self._inputs.model_fields.items()
        }
        written = [rule for found in of_inputs.values() for rule in found] + of_creator
        for name in self._find_unused(written):
            of_inputs[name] = [self._of_unmarked(name)]
        return (*(rule for found in of_inputs.values() for rule in found), *of_creator)

    def fail(self, what: str, cure: str) -> DefinitionError:
        """What is wrong with the declaration, and what to write instead."""
        return DefinitionError(f"{self._where}: {what}; {cure}")

    def _of_input(self, name: str, info: FieldInfo, marker: FieldRule) -> Rule:
        value = Input(wire_name(name, info))
        match marker:
            case At():
                return Rule(
                    to=self.resolve(marker.path or _default_path(name)),
                    value=value,
                    when=self._when(marker.when),
                    otherwise=marker.otherwise,
                    omit=marker.omit,
                )
            case OwnedBy():
                blocks = marker.block_owner_deletion
                owner = Owner(
                    name=value.name,
                    controller=marker.controller,
                    block_owner_deletion=marker.controller
                    if blocks is None
                    else blocks,
                )
                return Rule(to=self.resolve("metadata.owner_references"), value=owner)
            case Label() | Annotation():
                return self._of_map(marker, marker.template or f"{{{name}}}")

    def _of_creator(self, rule: CreatorRule) -> Rule:
        match rule:
            case Name():
                return Rule(to=self.resolve("metadata.name"), value=self._name(rule))
            case Put():
                return Rule(
                    to=self.resolve(rule.path),
                    value=self._text(rule.template, "plain"),
                    when=self._when(rule.when),
                )
            case Fixed():
                return Rule(
                    to=self.resolve(rule.path),
                    value=Constant(rule.value),
                    when=self._when(rule.when),
                )
            case Label() | Annotation():
                if rule.template is None:
                    raise self.fail(
                        f"{rule.key!r} has no template",
                        'say what it is made of, such as "{name}"',
                    )
                return self._of_map(rule, rule.template)

    def _of_map(self, rule: Label | Annotation, template: str) -> Rule:
        is_label = isinstance(rule, Label)
        place = self.resolve("metadata.labels" if is_label else "metadata.annotations")
        return Rule(
            to=(*place, rule.key),
            value=self._text(template, "label" if is_label else "plain"),
            when=self._when(rule.when),
        )

    def _name(self, rule: Name) -> Text:
        room = rule.max_length - (rule.random + 1 if rule.random else 0)
        if room < 1 or rule.random < 0 or rule.max_length > _LONGEST_NAME:
            raise self.fail(
                f"a name of {rule.max_length} characters, {rule.random} of them random, "
                "cannot be made",
                "leave room for the name itself; Kubernetes allows 253 at most",
            )
        text = self._text(rule.template, "name")
        return Text(
            parts=text.parts,
            form="name",
            random=rule.random,
            max_length=rule.max_length,
        )

    def _text(self, template: str, form: TextForm) -> Text:
        parts: list[str | Input] = []
        try:
            parsed = list(string.Formatter().parse(template))
        except ValueError as error:
            raise self.fail(
                f"the template {template!r} cannot be read ({error})",
                "write inputs in braces and braces twice",
            ) from error
        for literal, name, spec, conversion in parsed:
            if literal:
                parts.append(literal)
            if name is None:
                continue
            if spec or conversion:
                raise self.fail(
                    f"the template {template!r} formats {name!r}", "write {name} alone"
                )
            parts.append(self._scalar_input(name, template))
        return Text(parts=tuple(parts), form=form)

    def _scalar_input(self, name: str, template: str) -> Input:
        info = self._info(name, f"the template {template!r}")
        if not all(map(_is_scalar, _options(info.annotation))):
            raise self.fail(
                f"the template {template!r} uses {name!r}, which is no text, number or enum",
                "use inputs of type str, int, bool, Literal or StrEnum",
            )
        return Input(wire_name(name, info))

    def _info(self, name: str, user: str) -> FieldInfo:
        info = self._inputs.model_fields.get(name)
        if info is None:
            known = ", ".join(sorted(self._inputs.model_fields))
            raise self.fail(
                f"{user} names {name!r}, which is no input of {self._inputs.__name__}",
                f"the inputs are: {known}",
            )
        return info

    def _when(self, when: When | None) -> tuple[tuple[str, tuple[JsonValue, ...]], ...]:
        return tuple(
            (
                wire_name(name, self._info(name, "a condition")),
                value if isinstance(value, tuple) else (value,),
            )
            for name, value in (when or {}).items()
        )

    def resolve(self, dotted: str) -> Path:
        """A path of Python names as it is on the wire.

        Raises:
            DefinitionError: the draft has no such field.
        """
        place: object = self._draft
        wire: list[str] = []
        for name in dotted.split("."):
            model = _model_of(place)
            if model is None:
                if _is_open(place):
                    wire.append(name)
                    continue
                raise self.fail(
                    f"{dotted!r} goes on where {'.'.join(wire)!r} ends",
                    "name a field of a model",
                )
            info = model.model_fields.get(name)
            if info is None:
                known = ", ".join(sorted(model.model_fields))
                raise self.fail(
                    f"{dotted!r} is nowhere in a draft: {model.__name__} has no {name!r}",
                    f"its fields are: {known}",
                )
            wire.append(wire_name(name, info))
            place = info.annotation
        return tuple(wire)

    def _find_unused(self, rules: list[Rule]) -> list[str]:
        used = {n for rule in rules for n in names_in(rule.value)}
        used |= {name for rule in rules for name, _ in rule.when}
        fields = self._inputs.model_fields.items()
        return [name for name, info in fields if wire_name(name, info) not in used]

    def _of_unmarked(self, name: str) -> Rule:
        try:
            return self._of_input(name, self._inputs.model_fields[name], At())
        except DefinitionError:
            raise self.fail(
                f"the input {name!r} goes nowhere",
                f'annotate it: {name}: Annotated[..., At("spec.{name}")]',
            ) from None

    def reject_gaps(self, rules: tuple[Rule, ...]) -> None:
        """Every draft needs its required fields.

        Raises:
            DefinitionError: no rule fills one of them.
        """
        names_of_objects = (("metadata", "name"), ("metadata", "generateName"))
        if not any(_covers(r.to, n) for r in rules for n in names_of_objects):
            raise self.fail(
                "nothing gives the objects a name",
                'add Name("{...}", random=5), or an input with At("metadata.name")',
            )
        for path, names in _required_places(self._draft, (), ()):
            if not any(_covers(rule.to, path) for rule in rules):
                dotted = ".".join(names)
                raise self.fail(
                    f"nothing fills {dotted!r}, which every object needs",
                    f'add an input with At("{dotted}"), or Fixed("{dotted}", ...)',
                )


def _is_rule(marker: object) -> TypeGuard[FieldRule]:
    return isinstance(marker, FieldRule)


def _default_path(name: str) -> str:
    place = "metadata" if name in ("name", "namespace") else "spec"
    return f"{place}.{name}"


def _covers(to: Path, path: Path) -> bool:
    size = min(len(to), len(path))
    return to[:size] == path[:size]


def _required_places(
    model: type[BaseModel], wire: Path, names: Path
) -> Iterator[tuple[Path, Path]]:
    for name, info in model.model_fields.items():
        if not info.is_required():
            continue
        place = (*wire, wire_name(name, info))
        inner = _model_of(info.annotation)
        if inner is None or not any(
            f.is_required() for f in inner.model_fields.values()
        ):
            yield place, (*names, name)
        else:
            yield from _required_places(inner, place, (*names, name))


def wire_name(name: str, info: FieldInfo) -> str:
    """A field's name in JSON."""
    alias = info.serialization_alias or info.alias
    return alias or name


def _options(annotation: object) -> Iterator[object]:
    """The members of a union, without None; of anything else, itself."""
    if get_origin(annotation) is Annotated:
        yield from _options(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, types.UnionType):
        for option in get_args(annotation):
            yield from _options(option)
    elif annotation is not type(None):
        yield annotation


def _is_scalar(annotation: object) -> bool:
    if get_origin(annotation) is Literal:
        return all(isinstance(v, str | int) for v in get_args(annotation))
    if not isinstance(annotation, type):
        return False
    is_text = issubclass(annotation, str | int)
    return is_text or (
        issubclass(annotation, enum.Enum)
        and all(isinstance(member.value, str | int) for member in annotation)
    )


def _model_of(annotation: object) -> type[BaseModel] | None:
    found = [
        option
        for option in _options(annotation)
        if isinstance(option, type) and issubclass(option, BaseModel)
    ]
    return found[0] if len(found) == 1 else None


def _is_open(annotation: object) -> bool:
    """Is it a dictionary or any JSON, whose keys are not declared?"""
    return any(
        get_origin(option) is dict or option in (dict, Any, JsonValue)
        for option in _options(annotation)
    )
