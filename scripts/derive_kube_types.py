"""Derive the dev cluster's built-in types from the published Kubernetes API modules.

Reads the `generated.proto` files of three Go modules (fetched by the ordinary Go
client, `go mod download`), and writes names, numbers, types and merge markers, and no
prose, to `src/fairlead/devcluster/data/types.json`. Run it again to move to another
Kubernetes version:

    python scripts/derive_kube_types.py v0.32.4
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

OUTPUT = Path(__file__).parents[1] / "src/fairlead/devcluster/data/types.json"
MODULES = ("k8s.io/api", "k8s.io/apimachinery", "k8s.io/apiextensions-apiserver")
PACKAGES = {
    "k8s.io/api": [
        "core/v1", "apps/v1", "batch/v1", "rbac/v1", "authorization/v1", "authentication/v1",
        "coordination/v1", "events/v1", "networking/v1", "policy/v1", "autoscaling/v1",
        "autoscaling/v2", "scheduling/v1", "storage/v1", "discovery/v1",
    ],
    "k8s.io/apimachinery": ["pkg/apis/meta/v1"],
    "k8s.io/apiextensions-apiserver": ["pkg/apis/apiextensions/v1"],
}  # fmt: skip
SHORT = {
    "k8s.io.apimachinery.pkg.apis.meta.v1.": "meta.v1.",
    "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.": "apiextensions.v1.",
    "k8s.io.apimachinery.pkg.api.resource.": "",
    "k8s.io.apimachinery.pkg.util.intstr.": "",
    "k8s.io.apimachinery.pkg.runtime.": "",
    "k8s.io.api.": "",
}
SCALARS = {"string", "bytes", "bool", "int32", "int64", "double"}
# Messages that Go embeds without a JSON name: their fields belong to the parent.
INLINED = {
    "localObjectReference": {
        "ConfigMapEnvSource", "ConfigMapKeySelector", "ConfigMapProjection",
        "ConfigMapVolumeSource", "SecretEnvSource", "SecretKeySelector", "SecretProjection",
    },
    "volumeSource": {"Volume"},
    "ephemeralContainerCommon": {"EphemeralContainer"},
    "persistentVolumeSource": {"PersistentVolumeSpec"},
    "handler": {"Probe"},
    "ingressRuleValue": {"IngressRule"},
}  # fmt: skip
RENAMED = {
    ("BoundObjectReference", "uID"): "uid",
    ("IngressClassParametersReference", "aPIGroup"): "apiGroup",
    ("JSONSchemaProps", "schema"): "$schema",
    ("JSONSchemaProps", "ref"): "$ref",
}
FIELD = re.compile(
    r"^(optional|repeated|map<string, ?([\w.]+)>) ?([\w.]*) (\w+) = (\d+);"
)
MARKER = re.compile(r"^// \+(\w+)(?:=(.*))?$")


def main(version: str) -> None:
    """Fetch the modules, parse their protocol files, write the result sorted."""
    messages: dict[str, dict[str, object]] = {}
    with tempfile.TemporaryDirectory() as cache:
        for module in MODULES:
            root = download(module, version, cache)
            for package in PACKAGES[module]:
                text = (root / package / "generated.proto").read_text()
                messages.update(parse(text))
    OUTPUT.write_text(render(messages))
    print(f"{len(messages)} types, {OUTPUT.stat().st_size} bytes -> {OUTPUT.name}")


def download(module: str, version: str, cache: str) -> Path:
    """Return the folder of `module` after `go mod download`."""
    env = {**os.environ, "GOFLAGS": "-modcacherw"}
    command = ["go", "mod", "download", "-json", f"{module}@{version}"]
    answer = subprocess.run(  # noqa: S603 - fixed arguments
        command, env=env, cwd=cache, check=True, capture_output=True
    )
    return Path(json.loads(answer.stdout)["Dir"])


def parse(text: str) -> dict[str, dict[str, object]]:
    """Return the messages of one protocol file."""
    package = re.search(r"^package ([\w.]+);", text, re.M)
    if package is None:
        raise ValueError("no package statement in the protocol file")
    messages: dict[str, dict[str, object]] = {}
    markers: list[tuple[str, str]] = []
    name, fields = "", dict[str, object]()
    for raw in text.splitlines():
        line = raw.strip()
        if found := MARKER.match(line):
            markers.append((found[1], found[2] or ""))
        elif line.startswith("message "):
            name, fields = line.split()[1], {}
            messages[shorten(f"{package[1]}.{name}")] = fields
            if ("structType", "atomic") in markers:
                fields["!atomic"] = True
            markers = []
        elif found := FIELD.match(line):
            add_field(fields, name, found, markers, package[1])
            markers = []
    return messages


def add_field(
    fields: dict[str, object],
    message: str,
    found: re.Match[str],
    markers: list[tuple[str, str]],
    package: str,
) -> None:
    """Add one field as [number, label, type, flags]."""
    label = {"o": "1", "r": "*", "m": "m"}[found[1][0]]
    kind = qualify(found[2] or found[3], package)
    flags = read_markers(markers)
    name = found[4]
    if message in INLINED.get(name, ()):
        flags["inline"] = True
    if name.startswith("xKubernetes"):
        words = re.sub(r"([A-Z])", r"-\1", name[1:]).lower()
        name = "x" + words
    name = RENAMED.get((message, name), name)
    entry: list[object] = [int(found[5]), label, kind]
    fields[name] = [*entry, flags] if flags else entry


def read_markers(markers: list[tuple[str, str]]) -> dict[str, object]:
    """Translate the comment markers that carry meaning for merging and defaulting."""
    flags: dict[str, object] = {}
    keys: list[str] = []
    for key, value in markers:
        if key == "listMapKey":
            keys.append(value)
        elif key in {"listType", "patchMergeKey", "patchStrategy"}:
            flags[key] = value
        elif key in {"mapType", "structType"} and value == "atomic":
            flags["atomic"] = True
        elif key == "optional":
            flags["optional"] = True
        elif key == "default" and value != "{}":
            flags["default"] = (
                json.loads(value) if value[:1] in '"[{-0123456789tf' else None
            )
    if keys:
        flags["keys"] = keys
    return flags


def qualify(kind: str, package: str) -> str:
    """Return the short absolute name of a field's type."""
    if kind in SCALARS:
        return kind
    return shorten(kind[1:] if kind.startswith(".") else f"{package}.{kind}")


def shorten(name: str) -> str:
    """Drop the module prefix of a type's name."""
    for prefix, short in SHORT.items():
        if name.startswith(prefix):
            return short + name.removeprefix(prefix)
    return name


def render(messages: dict[str, dict[str, object]]) -> str:
    """Return one line per type, so that a new version reads as a diff."""
    lines = [
        f"{json.dumps(name)}:{json.dumps(fields, separators=(',', ':'))}"
        for name, fields in sorted(messages.items())
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "v0.32.4")
