import base64
from pathlib import Path

import pytest
import yaml

from fairlead.devcluster.cluster import DevCluster
from fairlead.simulation.errors import ManifestError
from fairlead.simulation.kubeconfig import read_kubeconfig
from fairlead.simulation.objects import JsonObject


def kubeconfig(cluster: JsonObject, user: JsonObject, current: str = "dev") -> str:
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": current,
            "clusters": [{"name": "dev", "cluster": cluster}],
            "users": [{"name": "me", "user": user}],
            "contexts": [{"name": "dev", "context": {"cluster": "dev", "user": "me"}}],
        }
    )


def write(folder: Path, written: str) -> Path:
    file = folder / "kubeconfig"
    file.write_text(written)
    return file


def test_kubeconfig_tells_server_and_token(tmp_path: Path) -> None:
    file = write(
        tmp_path, kubeconfig({"server": "http://127.0.0.1:1/"}, {"token": "t"})
    )
    access = read_kubeconfig(file)
    assert (access.server, access.tls, access.token) == (
        "http://127.0.0.1:1",
        None,
        "t",
    )


def test_kubeconfig_of_the_dev_cluster_is_read(devcluster: DevCluster) -> None:
    access = read_kubeconfig(devcluster.kubeconfig_path)
    assert access.server == devcluster.url
    assert access.tls is not None
    assert access.token


def test_authority_may_be_a_file_beside_it(
    devcluster: DevCluster, tmp_path: Path
) -> None:
    (tmp_path / "my.crt").write_bytes(devcluster.ca_path.read_bytes())
    file = write(
        tmp_path,
        kubeconfig({"server": devcluster.url, "certificate-authority": "my.crt"}, {}),
    )
    access = read_kubeconfig(file)
    assert access.tls is not None
    assert len(access.tls.get_ca_certs()) == 1


def test_unknown_context_is_told(tmp_path: Path) -> None:
    file = write(tmp_path, kubeconfig({"server": "http://x"}, {}, current="other"))
    with pytest.raises(
        ManifestError,
        match="the current context names a cluster or user that is not there",
    ):
        read_kubeconfig(file)


def test_wrong_kubeconfig_is_told_without_its_secrets(tmp_path: Path) -> None:
    secret = base64.b64encode(b"secret").decode()
    file = write(tmp_path, kubeconfig({"address": "x"}, {"token": secret}))
    with pytest.raises(
        ManifestError, match=r"wrong or missing clusters\.0\.cluster\.server"
    ) as caught:
        read_kubeconfig(file)
    assert secret not in str(caught.value)


@pytest.mark.parametrize("content", ["{", "[]"])
def test_file_that_is_no_kubeconfig_is_told(tmp_path: Path, content: str) -> None:
    with pytest.raises(ManifestError, match="kubeconfig"):
        read_kubeconfig(write(tmp_path, content))
