"""The manifests that a platform team starts from: a cluster takes them, and they name what is there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from tests.kube.cluster import grant, make_context

from fairlead import create_caller
from fairlead.devcluster import DevCluster
from fairlead.kube import Kube
from fairlead.kube.client import KubeRequest
from portal.app import App

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "apps/portal/deploy"
SPACE = "{apiVersion: v1, kind: Namespace, metadata: {name: portal}}\n---\n"


async def test_the_account_has_what_standing_in_for_users_needs() -> None:
    async with (
        DevCluster() as cluster,
        Kube.from_kubeconfig(cluster.kubeconfig_path, identity="impersonate") as kube,
    ):
        await grant(kube.client, "root", ["*"], resource=("*", "*"))
        await grant(kube.client, "root", ["escalate", "bind"], resource=("*", "*"))
        app = create_caller(App, make_context(kube, "root"))
        for name in ("rights.yaml", "portal.yaml"):
            text = SPACE + (DEPLOY / name).read_text()
            applied = await app.manifests.apply_yaml(text)
            failed = [each for each in applied if each.outcome == "failed"]
            assert not failed
        # What the account may, by the cluster's own answer.
        for verb, group, plural, allowed in (
            ("impersonate", "", "users", True),
            ("impersonate", "", "groups", True),
            ("watch", "rbac.authorization.k8s.io", "rolebindings", True),
            ("list", "", "namespaces", True),
            ("get", "", "secrets", False),
            ("create", "", "pods", False),
        ):
            assert await may(kube, verb, group, plural) is allowed, (verb, plural)


async def may(kube: Kube, verb: str, group: str, plural: str) -> bool:
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {
            "user": "system:serviceaccount:portal:portal",
            "resourceAttributes": {"verb": verb, "group": group, "resource": plural},
        },
    }
    answer = await kube.client.send(
        KubeRequest(
            method="POST",
            path="/apis/authorization.k8s.io/v1/subjectaccessreviews",
            credentials=kube.client.server_credentials,
            body=json.dumps(review).encode(),
        )
    )
    return bool(json.loads(answer)["status"].get("allowed"))


def test_the_image_takes_what_the_repository_has() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    sources = [
        word
        for line in text.splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for word in line.split()[1:-1]
    ]
    assert sources
    assert [name for name in sources if not (ROOT / name).exists()] == []


def test_probes_ask_for_what_is_served() -> None:
    documents: list[Any] = list(
        yaml.safe_load_all((DEPLOY / "portal.yaml").read_text())
    )
    container = documents[0]["spec"]["template"]["spec"]["containers"][0]
    paths = {
        probe: container[probe]["httpGet"]["path"]
        for probe in ("startupProbe", "livenessProbe", "readinessProbe")
    }
    assert paths == {
        "startupProbe": "/healthz",
        "livenessProbe": "/healthz",
        "readinessProbe": "/readyz",
    }
