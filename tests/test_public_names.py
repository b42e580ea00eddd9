"""The public names of the package: listed, found, and loaded only when used."""

from __future__ import annotations

import subprocess
import sys

import pytest

import fairlead


@pytest.mark.parametrize("name", fairlead.__all__)
def test_every_listed_name_is_there(name: str) -> None:
    assert getattr(fairlead, name) is not None


def test_the_list_is_sorted_as_the_linter_sorts_it_and_whole() -> None:
    assert set(fairlead.__all__) == set(fairlead._HOME_OF)  # pyright: ignore[reportPrivateUsage]
    assert set(fairlead.__all__) <= set(dir(fairlead))


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'absent'"):
        _ = fairlead.absent  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]


def test_importing_the_package_loads_no_server() -> None:
    program = "import sys, fairlead; print([m for m in ('pydantic', 'aiohttp', 'uvicorn') if m in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def test_a_server_without_sign_in_loads_no_http_client() -> None:
    code = "import sys, fairlead; fairlead.Fairlead; print('aiohttp' in sys.modules)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
