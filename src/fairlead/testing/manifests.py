"""Objects to begin with: read from dictionaries, files or folders, and put into a cluster."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import yaml

Manifest: TypeAlias = Mapping[str, Any]
"""One object, as it stands in YAML."""

_SECONDS = 10.0
_FIRST = ("CustomResourceDefinition", "Namespace")


class ManifestError(Exception):
    """The cluster refused an object, or a file holds none."""


def read_all(sources: Iterable[Manifest | Path | str]) -> list[Manifest]:
    """Return the objects of dictionaries, YAML files and folders: definitions and namespaces first.

    Raises:
        ManifestError: A file is missing, or no list of objects.
    """
    found = [each for source in sources for each in _read(source)]
    return sorted(found, key=_rank)


def _rank(value: Manifest) -> int:
    kind = str(value.get("kind"))
    return _FIRST.index(kind) if kind in _FIRST else len(_FIRST)


def _read(source: Manifest | Path | str) -> Iterator[Manifest]:
    if isinstance(source, Mapping):
        yield source
        return
    path = Path(source)
    files = sorted(path.rglob("*.yaml")) if path.is_dir() else [path]
    for file in files:
        try:
            documents: list[Any] = list(yaml.safe_load_all(file.read_text()))
        except (OSError, yaml.YAMLError) as exc:
            raise ManifestError(f"{file} cannot be read: {exc}") from exc
        for document in documents:
            if isinstance(document, dict) and "kind" in document:
                yield document
            elif document is not None:
                raise ManifestError(f"{file} holds something that is no object: it has no kind")  # fmt: skip


def apply_all(
    url: str, ca_path: Path, token: str, sources: Iterable[Manifest | Path | str]
) -> None:
    """Create objects, or replace what is there.

    Raises:
        ManifestError: The cluster refused one.
    """
    api = _Api(url, ca_path, token)
    for manifest in read_all(sources):
        api.apply(manifest)


class _Api:
    """The few requests that this takes."""

    def __init__(self, url: str, ca_path: Path, token: str) -> None:
        self._url = url
        self._token = token
        self._tls = ssl.create_default_context(cafile=str(ca_path))
        self._served: dict[tuple[str, str], tuple[str, bool]] = {}

    def apply(self, manifest: Manifest) -> None:
        """Create or replace one object, and its status."""
        version, kind = str(manifest.get("apiVersion")), str(manifest.get("kind"))
        metadata: Any = manifest.get("metadata") or {}
        name = str(metadata.get("name", ""))
        plural, namespaced = self._find(version, kind)
        root = f"/api/{version}" if "/" not in version else f"/apis/{version}"
        place = (
            f"/namespaces/{metadata.get('namespace', 'default')}" if namespaced else ""
        )
        collection = f"{root}{place}/{plural}"
        code, body = self._send("POST", collection, manifest)
        if code == 409 and name:
            code, body = self._replace(f"{collection}/{name}", manifest)
        if code >= 400:
            raise ManifestError(f"{kind} {name}: {body.get('message', code)}")
        if manifest.get("status"):
            path = f"{collection}/{body['metadata']['name']}/status"
            code, answer = self._send("PATCH", path, {"status": manifest["status"]})
            if code >= 400 and code != 404:  # 404: the kind has no status of its own
                raise ManifestError(f"{kind} {name}/status: {answer.get('message', code)}")  # fmt: skip

    def _replace(self, path: str, manifest: Manifest) -> tuple[int, dict[str, Any]]:
        _, found = self._send("GET", path)
        stored: dict[str, Any] = found.get("metadata") or {}
        metadata: dict[str, Any] = {**manifest["metadata"]}
        metadata["resourceVersion"] = stored.get("resourceVersion")
        return self._send("PUT", path, {**manifest, "metadata": metadata})

    def _find(self, version: str, kind: str) -> tuple[str, bool]:
        if (version, kind) not in self._served:
            root = f"/api/{version}" if "/" not in version else f"/apis/{version}"
            _, found = self._send("GET", root)
            for each in found.get("resources") or ():
                if "/" not in each["name"]:
                    self._served[version, each["kind"]] = (each["name"], each["namespaced"])  # fmt: skip
        try:
            return self._served[version, kind]
        except KeyError:
            raise ManifestError(f"the cluster serves no {kind} in {version}: apply its definition first") from None  # fmt: skip

    def _send(
        self, method: str, path: str, body: object = None
    ) -> tuple[int, dict[str, Any]]:
        media = "application/merge-patch+json" if method == "PATCH" else "application/json"  # fmt: skip
        request = urllib.request.Request(  # noqa: S310 - the cluster's own address
            self._url + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self._token}", "Content-Type": media},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS, context=self._tls) as answer:  # noqa: S310  # fmt: skip
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as exc:
            with exc:
                text = exc.read()
            try:
                return exc.code, json.loads(text)
            except ValueError:
                return exc.code, {"message": text.decode(errors="replace")}
