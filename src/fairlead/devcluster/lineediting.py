"""The terminal side of a shell: what is typed is echoed, edited, and becomes lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

INTERRUPT = "\x03"
END = "\x04"
_BACKSPACES = {"\x7f", "\b"}
_MAX_LINE = 4096


@dataclass(slots=True)
class LineEditor:
    """Turns key strokes into lines; `echo` is what the terminal shows meanwhile.

    A line is returned without its end. Control-C is the line `INTERRUPT`, control-D on
    an empty line is `END`. Arrow keys and other escape sequences are left out.
    """

    line: str = ""
    echo: str = ""
    _escape: str = ""
    _rest: bytes = b""
    _after_return: bool = field(default=False)

    def feed(self, data: bytes) -> Iterator[str]:
        """Take key strokes; yield the lines that they complete."""
        for key in self._decode(data):
            if self._in_escape(key):
                continue
            if key == "\n" and self._after_return:
                self._after_return = False
                continue
            self._after_return = key == "\r"
            if key in {"\r", "\n"}:
                self.echo += "\r\n"
                done, self.line = self.line, ""
                yield done
            elif key == INTERRUPT:
                self.echo += "^C\r\n"
                self.line = ""
                yield INTERRUPT
            elif key == END:
                if not self.line:
                    yield END
            else:
                self._edit(key)

    def take_echo(self) -> str:
        """Return what is to be shown, once."""
        shown, self.echo = self.echo, ""
        return shown

    def _decode(self, data: bytes) -> str:
        """Return whole characters; the start of an unfinished one waits."""
        data = self._rest + data
        for kept in range(min(3, len(data)) + 1):
            whole = data[: len(data) - kept]
            try:
                text = whole.decode()
            except UnicodeDecodeError:
                continue
            self._rest = data[len(whole) :]
            return text
        self._rest = b""
        return data.decode(errors="replace")

    def _in_escape(self, key: str) -> bool:
        if self._escape:
            self._escape += key
            if key.isalpha() or key == "~" or len(self._escape) > 8:
                self._escape = ""
            return True
        if key == "\x1b":
            self._escape = key
            return True
        return False

    def _edit(self, key: str) -> None:
        if key in _BACKSPACES:
            if self.line:
                self.line = self.line[:-1]
                self.echo += "\b \b"
        elif key.isprintable() and len(self.line) < _MAX_LINE:
            self.line += key
            self.echo += key
