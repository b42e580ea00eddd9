"""The hand-written table of who may call what, and calls through the real wire."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import aiohttp
import yaml
from yarl import URL

from fairlead.calling import CompiledProcedure

FILE = Path(__file__).with_name("portal_access.yaml")
PERSONAS = ("admin", "developer", "viewer", "nobody", "anonymous")
PLACES = ("team-payments", "team-platform")
DENIALS = frozenset({"FORBIDDEN", "UNAUTHORIZED"})
REACHED = frozenset({"NOT_FOUND", "CONFLICT", "UNPROCESSABLE_CONTENT"})
"""Answers that only the body gives: whoever gets them was let through."""


@dataclass(frozen=True)
class Table:
    """`portal_access.yaml`, read."""

    groups: Mapping[str, Sequence[str]]
    inputs: Mapping[str, Any]
    procedures: Mapping[str, Any]

    @classmethod
    def read(cls) -> Table:
        raw = yaml.safe_load(FILE.read_text())
        procedures: dict[str, Any] = {}
        for router, rights in raw["kinds"].items():
            for deed, who in rights.items():
                names: list[str] = raw["does"][deed]
                procedures |= {f"{router}.{name}": who for name in names}
        twice = procedures.keys() & raw["procedures"].keys()
        assert not twice, f"{FILE.name} says twice who may call {sorted(twice)}"
        procedures |= raw["procedures"]
        return cls(raw["groups"], raw["inputs"], procedures)

    def get_allowed(self, path: str, place: str) -> frozenset[str]:
        who = self.procedures[path]
        if isinstance(who, dict):
            by_place = cast("dict[str, str | list[str]]", who)
            assert set(by_place) == set(PLACES), f"{path}: name each of {PLACES}"
            who = by_place[place]
        names = [who] if isinstance(who, str) else cast("list[str]", who)
        found = frozenset[str]()
        for name in names:
            found |= frozenset(self.groups.get(name, [name]))
        assert found <= set(PERSONAS), f"{path}: unknown personas in {sorted(found)}"
        return found

    def get_input(self, path: str, values: Mapping[str, object]) -> object:
        router, _, name = path.rpartition(".")
        template = self.inputs.get(path, self.inputs.get(f"*.{name}" if router else ""))
        return _fill(template, values)


def _fill(template: object, values: Mapping[str, object]) -> object:
    if isinstance(template, str) and template.startswith("$"):
        return values[template[1:]]
    if isinstance(template, str):
        return template.replace("$namespace", str(values["namespace"]))
    if isinstance(template, dict):
        fields = cast("dict[str, object]", template)
        return {key: _fill(value, values) for key, value in fields.items()}
    if isinstance(template, list):
        return [_fill(value, values) for value in cast("list[object]", template)]
    return template


@dataclass
class Wire:
    """One persona's connections to the portal."""

    url: str
    persona: str
    session: aiohttp.ClientSession
    socket: aiohttp.ClientWebSocketResponse | None = None
    last_id: int = field(default=0)

    @property
    def headers(self) -> dict[str, str]:
        return {"x-persona": self.persona}

    async def call(self, procedure: CompiledProcedure, value: object) -> str:
        """What became of a call: `allowed`, a denial's code, or another error in words."""
        if procedure.kind == "subscription":
            return _judge(await self._subscribe(procedure.path, value))
        url = f"{self.url}/trpc/{procedure.path}"
        text = json.dumps(value)
        if procedure.kind == "query":
            url += "" if value is None else f"?input={quote(text, safe='')}"
            method, body = "GET", None
        else:
            method, body = "POST", text
        async with self.session.request(
            method,
            URL(url, encoded=True),
            data=body,
            headers={**self.headers, "content-type": "application/json"},
        ) as response:
            return _judge(json.loads(await response.text()))

    async def _subscribe(self, path: str, value: object) -> Any:
        if self.socket is None:
            url = f"{self.url.replace('http', 'ws', 1)}/trpc"
            self.socket = await self.session.ws_connect(url, headers=self.headers)
        self.last_id += 1
        params = {"path": path, "input": value}
        message = {"id": self.last_id, "method": "subscription", "params": params}
        await self.socket.send_json(message)
        while True:
            answer = await self.socket.receive_json(timeout=20)
            if answer.get("id") != self.last_id:
                continue  # what the one before still said
            # That it has started says nothing yet: the stream itself may refuse.
            if answer.get("result", {}).get("type") != "started":
                stop = {"id": self.last_id, "method": "subscription.stop"}
                await self.socket.send_json(stop)
                return answer


def _judge(answer: Any) -> str:
    error = answer.get("error")
    if error is None:
        return _judge_items(answer["result"].get("data"))
    code: str = error["data"]["code"]
    if code in DENIALS:
        assert error["message"], "a denial gives its reason"
        return code
    return "allowed" if code in REACHED else f"{code}: {error['message']}"


def _judge_items(data: Any) -> str:
    """A bulk operation is denied when each of its items was."""
    if isinstance(data, list) and data:
        items = cast("list[Mapping[str, object]]", data)
        if all(_is_denied(item) for item in items):
            return "FORBIDDEN"
    return "allowed"


def _is_denied(item: Mapping[str, object]) -> bool:
    if item.get("code") == "FORBIDDEN":
        return True
    failed = item.get("outcome") == "failed"
    return failed and str(item.get("message")).startswith("You may not ")
