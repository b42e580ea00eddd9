"""`generate()`: from an application to a package on disk."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

from fairlead.codegen.declaration_map import Marks, encode_map, extract_marks
from fairlead.codegen.draft_files import drafts_dts, drafts_js
from fairlead.codegen.drift_files import drift_dts, drift_js, manifest_js
from fairlead.codegen.hooks_files import has_hooks, hooks_dts, hooks_js
from fairlead.codegen.introspect import introspect
from fairlead.codegen.nodes import Application
from fairlead.codegen.output import diff_files, write_files
from fairlead.codegen.package_files import (
    index_dts,
    index_js,
    package_json,
    schemas_dts,
    schemas_js,
)
from fairlead.codegen.resource_files import resources_dts, resources_js
from fairlead.codegen.router_types import router_types
from fairlead.collecting import collection_paused
from fairlead.compiling import CompiledRouter, compile_router
from fairlead.errors import DefinitionError
from fairlead.router import Router

DEFAULT_PACKAGE_NAME = "shared"


class HasRouter(Protocol):
    """An application: anything with a root router class."""

    @property
    def router(self) -> type[Router[Any]]:
        """The root router class."""
        ...


GenerationSource = CompiledRouter | type[Router[Any]] | HasRouter


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """What one run did.

    Attributes:
        changed: files written or removed, relative to the folder.
        procedures: how many procedures the package describes.
        hash: the digest of the types, also exported as `schemaHash`.
    """

    changed: Sequence[str]
    procedures: int
    hash: str


def generate(
    app: GenerationSource, folder: Path | str, *, package_name: str | None = None
) -> Generated:
    """Writes the npm package of an application's types into `folder`.

    Files are replaced by rename, and only those that differ; when anything cannot be generated,
    nothing is touched.

    Raises:
        GenerationError: some types have no translation; every one is named with its cure.
        DefinitionError: the application itself is declared wrongly.
    """
    folder = Path(folder)
    application = load_application(app)
    files = render(application, folder, package_name=package_name)
    return Generated(
        changed=write_files(folder, files),
        procedures=len(application.procedures),
        hash=application.fingerprints.whole,
    )


def check(
    app: GenerationSource, folder: Path | str, *, package_name: str | None = None
) -> str:
    """A unified diff of what `generate` would change; empty when the package is up to date."""
    folder = Path(folder)
    return diff_files(
        folder, render(load_application(app), folder, package_name=package_name)
    )


def schema_hash(app: GenerationSource) -> str:
    """The digest of an application's types, as generated packages export it."""
    return load_application(app).fingerprints.whole


def load_application(app: GenerationSource) -> Application:
    """The intermediate representation."""
    return introspect(compile_source(app))


def render(
    app: Application, folder: Path, *, package_name: str | None = None
) -> Mapping[str, str]:
    """Every file of the package. `folder` decides only how the map finds the Python files."""
    with collection_paused():
        return _render(app, folder, package_name)


def _render(
    app: Application, folder: Path, package_name: str | None
) -> Mapping[str, str]:
    marks = Marks()
    types, segments = extract_marks(router_types(app, marks), marks)
    files = {segment.source.file for segment in segments}
    sources = {file: _relative(file, folder) for file in files}
    existing = _read_package(folder)
    hooks = has_hooks(app)
    entries = ["drift", *(["hooks"] if hooks else []), "resources", "schemas"]
    draft_files: dict[str, str] = {}
    if app.drafts:
        entries = ["drafts", *entries]
        draft_files = {"drafts.js": drafts_js(app), "drafts.d.ts": drafts_dts(app)}
    name = package_name or DEFAULT_PACKAGE_NAME
    hook_files = (
        {"hooks.js": hooks_js(app), "hooks.d.ts": hooks_dts(app)} if hooks else {}
    )
    return {
        **draft_files,
        **hook_files,
        "drift.js": drift_js(app),
        "drift.d.ts": drift_dts(),
        "manifest.js": manifest_js(app),
        "router.d.ts": f"{types}\n//# sourceMappingURL=router.d.ts.map\n",
        "router.d.ts.map": encode_map("router.d.ts", segments, relative=sources),
        "schemas.js": schemas_js(app),
        "schemas.d.ts": schemas_dts(app),
        "resources.js": resources_js(app),
        "resources.d.ts": resources_dts(app),
        "index.js": index_js(app),
        "index.d.ts": index_dts(app),
        "package.json": package_json(
            entries,
            existing if package_name is None else {**existing, "name": name},
            name,
        ),
    }


def compile_source(app: GenerationSource) -> CompiledRouter:
    """The procedures of an application, however it is given.

    Raises:
        DefinitionError: it is no application.
    """
    if isinstance(app, CompiledRouter):
        return app
    router = app if isinstance(app, type) else getattr(app, "router", None)
    if isinstance(router, type) and issubclass(router, Router):
        return compile_router(router)  # pyright: ignore[reportUnknownArgumentType] - narrowing leaves the type argument open
    raise DefinitionError(
        f"{app!r} is neither an application nor a router class: "
        "give a Fairlead(...), or a class that derives from Router"
    )


def _relative(file: str, folder: Path) -> str:
    return Path(os.path.relpath(file, folder.resolve())).as_posix()


def _read_package(folder: Path) -> Mapping[str, object]:
    try:
        content: object = json.loads((folder / "package.json").read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return cast("Mapping[str, object]", content) if isinstance(content, dict) else {}
