"""schemathesis against the dev cluster's own OpenAPI documents: whatever is sent, no 5xx."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.devcluster.conftest import gadget_crd

from fairlead.testing import ThrowawayCluster, dev_cluster, make_dev_cluster

__all__ = ["dev_cluster", "make_dev_cluster"]

# The library has its own types, which need not be checked with ours.
schemathesis: Any = importlib.import_module("schemathesis")
requests: Any = importlib.import_module("requests")

EXAMPLES = int(os.environ.get("FAIRLEAD_FUZZ", "1"))
# The short form takes what is quick to make up; `make fuzz-cluster` takes all of them.
SHORT = (
    "/openapi/v3/apis/rbac.authorization.k8s.io/v1",
    "/openapi/v3/apis/demo.dev/v1",
)
LONG = (
    "/openapi/v3/api/v1",
    "/openapi/v3/apis/apps/v1",
    "/openapi/v3/apis/apiextensions.k8s.io/v1",
    "/openapi/v3/apis/authorization.k8s.io/v1",
    "/openapi/v3/apis/batch/v1",
    "/openapi/v3/apis/networking.k8s.io/v1",
)
DOCUMENTS = SHORT if EXAMPLES == 1 else SHORT + LONG
# One would wait for what never happens, the other for an upgrade.
_WAITING = ("watch", "timeoutSeconds")
STREAMS = ("/log", "/exec", "/attach")


@pytest.fixture
def cluster(make_dev_cluster: Callable[..., ThrowawayCluster]) -> ThrowawayCluster:
    return make_dev_cluster(manifests=[gadget_crd()])


@pytest.fixture
def session(cluster: ThrowawayCluster) -> Iterator[Any]:
    with requests.Session() as found:
        found.trust_env = False  # the environment may name another authority
        found.verify = str(cluster.ca_path)
        found.headers["Authorization"] = f"Bearer {cluster.admin_token}"
        yield found


def read(cluster: ThrowawayCluster, session: Any, path: str) -> dict[str, Any]:
    found: dict[str, Any] = session.get(cluster.url + path, timeout=30).json()
    return found


@pytest.mark.parametrize("path", DOCUMENTS)
def test_no_request_of_the_documents_is_a_5xx(
    cluster: ThrowawayCluster, session: Any, path: str
) -> None:
    schema = schemathesis.openapi.from_dict(read(cluster, session, path))
    count = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.path.endswith(STREAMS):
            continue
        count += 1
        _try(cluster, session, operation)
    assert count > 3


def _try(cluster: ThrowawayCluster, session: Any, operation: Any) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=EXAMPLES == 1,
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.filter_too_much,
            HealthCheck.data_too_large,
            HealthCheck.function_scoped_fixture,
        ],
    )
    @given(case=st.one_of(operation.as_strategy()))
    def check(case: Any) -> None:
        asked: dict[str, Any] = case.query or {}
        query = {key: asked[key] for key in asked if key not in _WAITING}
        case.query = query
        answer = case.call(
            base_url=cluster.url, session=session, verify=session.verify, timeout=30
        )
        assert answer.status_code < 500 or answer.status_code == 504, (
            f"{case.method} {case.formatted_path}: {answer.text}"
        )

    check()
