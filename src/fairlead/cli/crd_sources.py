"""Where CustomResourceDefinitions come from: a file, an address, or the cluster itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import cast

import aiohttp

from fairlead.errors import DefinitionError
from fairlead.kube.client import KubeClient, KubeRequest
from fairlead.kube.errors import KubeConfigError, KubeError
from fairlead.kube.kubeconfig import load_from_env

__all__ = ["read_definitions"]

MOST_BYTES = 16_777_216
TIMEOUT_SECONDS = 30.0
PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"

Definition = Mapping[str, object]


def read_definitions(source: str) -> str:
    """The text of definitions: YAML of a file or an `https://` address, or JSON from the cluster.

    What is neither is the name of a kind, as in `kubectl get`: `Codebase`, `codebases`, a short
    name, or `codebases.v2.edp.epam.com`. The cluster is that of `$KUBECONFIG`.

    Raises:
        DefinitionError: there is no such thing; the message says what was tried.
    """
    if source.startswith(("http://", "https://")):
        return asyncio.run(_download(source))
    path = Path(source)
    if path.suffix in {".yaml", ".yml", ".json"} or path.exists():
        try:
            return path.read_text("utf-8")
        except OSError as error:
            raise DefinitionError(f"{path} cannot be read: {error.strerror}") from error
    return asyncio.run(_ask_cluster(source))


async def _download(url: str) -> str:
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(url) as answer,
        ):
            if answer.status != 200:
                raise DefinitionError(f"{url} answers {answer.status} {answer.reason}")
            body = bytearray()
            async for chunk in answer.content.iter_any():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise DefinitionError(f"{url} has more than {MOST_BYTES} bytes")
            return body.decode()
    except (aiohttp.ClientError, TimeoutError, UnicodeDecodeError) as error:
        reason = str(error) or type(error).__name__
        raise DefinitionError(f"{url} cannot be read: {reason}") from error


async def _ask_cluster(name: str) -> str:
    try:
        config = load_from_env()
        async with KubeClient(config) as client:
            request = KubeRequest(
                method="GET", path=PATH, credentials=client.server_credentials
            )
            answer: object = json.loads(await client.send(request))
    except (KubeError, KubeConfigError) as error:
        raise DefinitionError(
            f"{name!r} is no file and no address, and the cluster cannot be asked: {error}"
        ) from error
    listed = cast("Mapping[str, Sequence[Definition]]", answer)["items"]
    found = [each for each in listed if name.lower() in _names(each)]
    if len(found) == 1:
        return json.dumps({"kind": "CustomResourceDefinition", **found[0]})
    known = {_full_name(each) for each in (found or listed)}
    if found:
        raise DefinitionError(
            f"the cluster has several kinds {name!r}: say which, of {', '.join(sorted(known))}"
        )
    near = get_close_matches(name.lower(), known | {k.split(".")[0] for k in known})
    hint = f"did you mean {near[0]}?" if near else "`kubectl get crds` lists them"
    raise DefinitionError(
        f"{name!r} is no file, and the cluster defines no such kind: {hint}"
    )


def _names(definition: Definition) -> Iterator[str]:
    spec = cast("Mapping[str, Mapping[str, object]]", definition["spec"])
    names = spec["names"]
    words = [names["plural"], names["kind"], names.get("singular", "")]
    words += cast("Sequence[str]", names.get("shortNames", ()))
    for word in words:
        yield str(word).lower()
        yield f"{word}.{spec['group']}".lower()


def _full_name(definition: Definition) -> str:
    return str(cast("Mapping[str, object]", definition["metadata"])["name"])
