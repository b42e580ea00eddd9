"""TypeScript's two language servers, asked for definitions."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self, cast
from urllib.parse import unquote, urlparse

from tests.codegen.conftest import REPOSITORY

Place = tuple[Path, int, int]
"""A file, and line and column from zero."""


class LanguageServer:
    """One server over standard input and output, with framed JSON."""

    command: tuple[str, ...]

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process = subprocess.Popen(
            self.command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._next = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def send(self, message: Mapping[str, object], *, framed: bool) -> None:
        data = json.dumps(message).encode()
        head = b"Content-Length: %d\r\n\r\n" % len(data) if framed else b""
        assert self._process.stdin is not None
        self._process.stdin.write(head + data + (b"" if framed else b"\n"))
        self._process.stdin.flush()

    def receive(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        length = 0
        while line := self._process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        found: dict[str, Any] = json.loads(self._process.stdout.read(length))
        return found

    def take_number(self) -> int:
        self._next += 1
        return self._next


class Lsp(LanguageServer):
    """`tsc --lsp` of TypeScript 7."""

    command = (
        "node",
        str(REPOSITORY / "node_modules/typescript/bin/tsc"),
        "--lsp",
        "--stdio",
    )

    def find_definition(self, file: Path, line: int, column: int) -> list[Place]:
        params: dict[str, object] = {
            "processId": None,
            "rootUri": self.folder.as_uri(),
            "capabilities": {},
        }
        self.request("initialize", params)
        self.notify("initialized", {})
        document = {"uri": file.as_uri(), "languageId": "typescript", "version": 1}
        text = {"textDocument": {**document, "text": file.read_text()}}
        self.notify("textDocument/didOpen", text)
        position = {"line": line, "character": column}
        where = {"textDocument": {"uri": file.as_uri()}, "position": position}
        found = self.request("textDocument/definition", where)
        listed = cast(
            "list[dict[str, Any]]", found if isinstance(found, list) else [found]
        )
        return [_lsp_place(item) for item in listed]

    def notify(self, method: str, params: Mapping[str, object]) -> None:
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        self.send(message, framed=True)

    def request(self, method: str, params: Mapping[str, object]) -> object:
        number = self.take_number()
        message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        self.send(message, framed=True)
        while True:
            answer = self.receive()
            if answer.get("id") == number and "method" not in answer:
                assert "error" not in answer, answer["error"]
                return answer["result"]
            if (
                "id" in answer
            ):  # a request of the server's own, such as for its configuration
                reply = {"jsonrpc": "2.0", "id": answer["id"], "result": None}
                self.send(reply, framed=True)


def _lsp_place(item: Mapping[str, Any]) -> Place:
    uri: str = item.get("targetUri") or item["uri"]
    start = (item.get("targetSelectionRange") or item["range"])["start"]
    return Path(unquote(urlparse(uri).path)), start["line"], start["character"]


class Tsserver(LanguageServer):
    """The service of TypeScript 5.9."""

    command = ("node", str(REPOSITORY / "node_modules/typescript-5/lib/tsserver.js"))

    def find_definition(self, file: Path, line: int, column: int) -> list[Place]:
        self._command("open", {"file": str(file)})
        where = {"file": str(file), "line": line + 1, "offset": column + 1}
        number = self._command("definitionAndBoundSpan", where)
        while True:
            answer = self.receive()
            if answer.get("request_seq") == number:
                found = answer["body"]["definitions"]
                return [_tsserver_place(item) for item in found]

    def _command(self, command: str, arguments: Mapping[str, object]) -> int:
        number = self.take_number()
        message = {"seq": number, "type": "request", "command": command}
        self.send({**message, "arguments": arguments}, framed=False)
        return number


def _tsserver_place(item: Mapping[str, Any]) -> Place:
    start = item["start"]
    return Path(item["file"]), start["line"] - 1, start["offset"] - 1
