"""What waiting for the editor takes: completion and hover after an edit, in both language servers."""

import statistics
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from tests.codegen.language_servers import LanguageServer, Lsp, Tsserver

EDITS = 3


def measure_editor(folder: Path, compiler: str) -> dict[str, float]:
    """Seconds for completion after `client.router0.` and hover on its first procedure."""
    file = (folder / "use.ts").resolve()
    text = file.read_text()
    server = (Lsp if compiler == "7" else Tsserver)(folder.resolve())
    with server:
        editor = (
            LspEditor(server, file)
            if isinstance(server, Lsp)
            else TsEditor(server, file)
        )
        editor.open(text)
        line = text.count("\n") + 1
        column = len("client.router0.")
        completions: list[float] = []
        hovers: list[float] = []
        for number in range(EDITS):
            typed = f"// edit {number}\nclient.router0.procedure0;\n"
            editor.change(text + typed)
            completions.append(_timed(partial(editor.complete, line, column)))
            editor.change(text + f"// again {number}\nclient.router0.procedure0;\n")
            hovers.append(_timed(partial(editor.hover, line, column + 1)))
    # The first answer is the cold start; those that follow an edit are what one feels.
    return {
        "completion_cold": completions[0],
        "completion": statistics.median(completions[1:]),
        "hover": statistics.median(hovers),
    }


def _timed(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    answer = action()
    if not answer:
        raise SystemExit("the language server had no answer")
    return time.perf_counter() - started


class LspEditor:
    """An open file in `tsc --lsp`."""

    def __init__(self, server: Lsp, file: Path) -> None:
        self._server = server
        self._uri = file.as_uri()
        self._version = 1

    def open(self, text: str) -> None:
        params: dict[str, object] = {
            "processId": None,
            "rootUri": self._server.folder.as_uri(),
            "capabilities": {},
        }
        self._server.request("initialize", params)
        self._server.notify("initialized", {})
        document = {"uri": self._uri, "languageId": "typescript", "version": 1}
        self._server.notify(
            "textDocument/didOpen", {"textDocument": {**document, "text": text}}
        )

    def change(self, text: str) -> None:
        self._version += 1
        document = {"uri": self._uri, "version": self._version}
        change = {"textDocument": document, "contentChanges": [{"text": text}]}
        self._server.notify("textDocument/didChange", change)

    def complete(self, line: int, column: int) -> object:
        return self._server.request(
            "textDocument/completion", self._place(line, column)
        )

    def hover(self, line: int, column: int) -> object:
        return self._server.request("textDocument/hover", self._place(line, column))

    def _place(self, line: int, column: int) -> Mapping[str, object]:
        position = {"line": line, "character": column}
        return {"textDocument": {"uri": self._uri}, "position": position}


class TsEditor:
    """An open file in tsserver."""

    def __init__(self, server: LanguageServer, file: Path) -> None:
        self._server = server
        self._file = str(file)
        self._lines = 0

    def open(self, text: str) -> None:
        self._lines = text.count("\n") + 1
        self._send("open", {"file": self._file, "fileContent": text})

    def change(self, text: str) -> None:
        whole = {"line": 1, "offset": 1, "endLine": self._lines, "endOffset": 1}
        self._send("change", {"file": self._file, **whole, "insertString": text})
        self._lines = text.count("\n") + 1

    def complete(self, line: int, column: int) -> object:
        return self._ask("completionInfo", line, column)

    def hover(self, line: int, column: int) -> object:
        return self._ask("quickinfo", line, column)

    def _send(self, command: str, arguments: Mapping[str, object]) -> int:
        number = self._server.take_number()
        message = {"seq": number, "type": "request", "command": command}
        self._server.send({**message, "arguments": arguments}, framed=False)
        return number

    def _ask(self, command: str, line: int, column: int) -> object:
        where = {"file": self._file, "line": line + 1, "offset": column + 1}
        number = self._send(command, where)
        while True:
            answer = self._server.receive()
            if answer.get("request_seq") == number:
                return answer.get("body")
