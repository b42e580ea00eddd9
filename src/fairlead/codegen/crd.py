"""`fairlead add crd`: a Pydantic module from a CustomResourceDefinition.

datamodel-code-generator writes the classes; `crd_schema` gives them names, and what makes them a
Fairlead resource is added here. The module is the application's own from then on: read it,
change it.
"""

import importlib
import io
import re
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import yaml

from fairlead.codegen.crd_schema import KEPT_EXTENSIONS, merge, prepare_schema
from fairlead.errors import DefinitionError

_INSTALL = "pip install 'datamodel-code-generator>=0.60'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """What a CRD does not say and the application knows.

    Attributes:
        schema: a JSON merge patch of the OpenAPI schema: enums, titles, required fields.
        labels: label keys by the names that clients use for them.
    """

    schema: Mapping[str, object] = field(default_factory=dict[str, object])
    labels: Mapping[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def read(cls, path: Path) -> "Overlay":
        """Reads a YAML file with `schema` and `labels`.

        Raises:
            DefinitionError: it has other keys.
        """
        content = cast("dict[str, Any]", yaml.safe_load(path.read_text("utf-8")) or {})
        unknown = sorted(content.keys() - {"schema", "labels"})
        if unknown:
            raise DefinitionError(
                f"{path} has {unknown[0]!r}: an overlay has `schema` and `labels`"
            )
        return cls(schema=content.get("schema", {}), labels=content.get("labels", {}))


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomResource:
    """One version of one CRD."""

    kind: str
    group: str
    version: str
    plural: str
    singular: str
    namespaced: bool
    short_names: tuple[str, ...]
    schema: Mapping[str, Any]


def read_crds(text: str, *, version: str | None = None) -> tuple[CustomResource, ...]:
    """The CRDs of a YAML text, each in the version asked for, else the one that is stored.

    Raises:
        DefinitionError: there is none, or one lacks the version or its schema.
    """
    documents = cast("Iterator[object]", yaml.safe_load_all(text))
    found = tuple(
        _read(cast("Mapping[str, Any]", document), version)
        for document in documents
        if isinstance(document, dict)
        and cast("Mapping[str, Any]", document).get("kind")
        == "CustomResourceDefinition"
    )
    if not found:
        raise DefinitionError(
            "there is no CustomResourceDefinition in it: "
            "give the YAML that `kubectl get crd NAME -o yaml` prints"
        )
    return found


def _read(document: Mapping[str, Any], version: str | None) -> CustomResource:
    spec = document["spec"]
    names = spec["names"]
    versions = {each["name"]: each for each in spec["versions"]}
    stored = next((v["name"] for v in spec["versions"] if v.get("storage")), None)
    wanted = version or stored or spec["versions"][0]["name"]
    if wanted not in versions:
        known = ", ".join(versions)
        raise DefinitionError(f"{names['kind']} has no version {wanted!r}, but {known}")
    schema = versions[wanted].get("schema", {}).get("openAPIV3Schema")
    if schema is None:
        raise DefinitionError(
            f"{names['kind']} {wanted} has no schema: v1beta1 CRDs may lack one, "
            "ask for a structural v1 CRD"
        )
    return CustomResource(
        kind=names["kind"],
        group=spec["group"],
        version=wanted,
        plural=names["plural"],
        singular=names.get("singular") or names["kind"].lower(),
        namespaced=spec.get("scope", "Namespaced") == "Namespaced",
        short_names=tuple(names.get("shortNames", ())),
        schema=schema,
    )


def crd_module(crd: CustomResource, overlay: Overlay | None = None) -> str:
    """The Python module of one CRD.

    Raises:
        DefinitionError: datamodel-code-generator is not installed.
    """
    overlay = overlay or Overlay()
    merged = cast("Mapping[str, Any]", merge(crd.schema, overlay.schema))
    source = f"{crd.plural}.{crd.group} {crd.version}"
    text = _generate_classes(prepare_schema(merged, crd.kind), crd.kind, source)
    return _finish(text, crd, overlay)


def _generate_classes(schema: Mapping[str, Any], kind: str, source: str) -> str:
    try:
        generator = importlib.import_module("datamodel_code_generator")
        formats = importlib.import_module("datamodel_code_generator.format")
    except ModuleNotFoundError as error:
        raise DefinitionError(
            f"`fairlead add crd` needs datamodel-code-generator: {_INSTALL}"
        ) from error
    config = generator.GenerateConfig(
        input_file_type=generator.InputFileType.JsonSchema,
        output_model_type="pydantic_v2.BaseModel",
        target_python_version=generator.PythonVersion.PY_311,
        base_class="fairlead.kube.KubeModel",
        base_class_map={kind: "fairlead.kube.Resource"},
        class_name=kind,
        alias_generator="to_camel",
        pin_aliases_with_alias_generator=True,
        collapse_root_models=True,
        custom_file_header=f'"""Generated by `fairlead add crd` from {source}; yours from here on."""',
        disable_timestamp=True,
        enum_field_as_literal=generator.LiteralType.All,
        field_constraints=True,
        formatters=[formats.Formatter.BUILTIN],
        field_extra_keys=set(KEPT_EXTENSIONS),
        snake_case_field=True,
        strict_nullable=False,
        use_annotated=True,
        use_attribute_docstrings=True,
        use_double_quotes=True,
        use_single_line_docstring=True,
        use_field_description=True,
        use_schema_description=True,
        use_standard_collections=True,
        use_title_as_name=True,
        use_union_operator=True,
    )
    return str(generator.generate(dict(schema), config=config))


def _finish(text: str, crd: CustomResource, overlay: Overlay) -> str:
    arguments = [
        f'group="{crd.group}"',
        f'version="{crd.version}"',
        f'plural="{crd.plural}"',
    ]
    if crd.singular != crd.kind.lower():
        arguments.append(f'singular="{crd.singular}"')
    if not crd.namespaced:
        arguments.append("namespaced=False")
    if crd.short_names:
        arguments.append(f"short_names={crd.short_names!r}".replace("'", '"'))
    if overlay.labels:
        arguments.append(f"labels={dict(overlay.labels)!r}".replace("'", '"'))
    lines = "".join(f"    {argument},\n" for argument in arguments)
    head = f"class {crd.kind}(\n    Resource,\n{lines}):"
    text = re.sub(rf"class {crd.kind}\(Resource\):", lambda _: head, text)
    text = _CONFIG.sub(
        "    model_config = ConfigDict(use_attribute_docstrings=True)\n", text
    )
    return _fix_imports(_replace_any(text))


# The base class has the rest of the configuration; without attribute docstrings, the descriptions
# of fields would stay in Python.
_CONFIG = re.compile(r"    model_config = ConfigDict\([^()]*\)\n")
_IMPORT = re.compile(r"^from (\S+) import (.+)\n", re.MULTILINE)


def _replace_any(text: str) -> str:
    """`Any` as a type, not as a word in a docstring."""
    lines = text.splitlines(keepends=True)
    tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    for token in reversed(tokens):
        if token.type == tokenize.NAME and token.string == "Any":
            (row, start), (_, end) = token.start, token.end
            line = lines[row - 1]
            lines[row - 1] = f"{line[:start]}JsonValue{line[end:]}"
    return "".join(lines)


def _fix_imports(text: str) -> str:
    """Drops the names that are no longer used."""
    body = _IMPORT.sub("", text)

    def used(match: re.Match[str]) -> str:
        if match[1] == "__future__":
            return match[0]
        names = {name.strip() for name in match[2].split(",")}
        # `Any` has just become `JsonValue`, also in the import.
        names.discard("JsonValue")
        if match[1] == "pydantic":
            names.add("JsonValue")
        kept = sorted(n for n in names if re.search(rf"\b{n}\b", body))
        return f"from {match[1]} import {', '.join(kept)}\n" if kept else ""

    return _IMPORT.sub(used, text)
