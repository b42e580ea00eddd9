"""The shell that answers exec: it echoes, and knows a few commands.

There are no containers, so there is nothing to run. A portal or a test still wants to
open a terminal, type, and see exit codes: this shell gives it that, and says so when it
is asked for more.
"""

from __future__ import annotations

import shlex
import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

SHELLS = {"sh", "bash", "ash", "dash", "zsh"}
_FOLDERS = {
    "/": ("bin", "dev", "etc", "home", "proc", "root", "tmp", "usr", "var"),
    "/etc": ("hostname", "os-release"),
    "/root": (),
    "/tmp": (),  # noqa: S108 - a name in a listing
    "/var": ("run",),
    "/var/run": ("secrets",),
    "/var/run/secrets": ("kubernetes.io",),
    "/var/run/secrets/kubernetes.io": ("serviceaccount",),
    "/var/run/secrets/kubernetes.io/serviceaccount": ("namespace",),
}
_USAGE = "commands: cat cd date echo env exit false help hostname id ls printenv pwd sh sleep stty true uname whoami\n"


class UnknownCommandError(Exception):
    """There is no such program in the container."""


@dataclass(frozen=True, slots=True)
class Container:
    """What a command sees of where it runs.

    Attributes:
        get_size: rows and columns of its terminal now; None where it has no terminal.
    """

    namespace: str
    pod: str
    name: str
    environment: Mapping[str, str]
    folder: str = "/"
    get_size: Callable[[], tuple[int, int] | None] = lambda: None


@dataclass(slots=True)
class Result:
    """What a command gave."""

    code: int = 0
    output: str = ""
    errors: str = ""
    seconds: float = 0.0
    exits: bool = False


@dataclass(slots=True)
class Shell:
    """Runs lines of commands; keeps folder, variables and the last exit code."""

    container: Container
    clock: Callable[[], float]
    folder: str = ""
    variables: dict[str, str] = field(default_factory=dict[str, str])
    last: int = 0

    def __post_init__(self) -> None:
        self.folder = self.folder or self.container.folder
        self.variables = {**self.container.environment, **self.variables}

    def run_line(self, line: str) -> Iterator[Result]:
        """Run a line: commands joined by `;`, `&&` and `||`."""
        try:
            tokens = _split(line)
        except ValueError as exc:
            self.last = 2
            yield Result(2, errors=f"sh: syntax error: {exc}\n")
            return
        for joint, words in _commands(tokens):
            if (joint == "&&" and self.last) or (joint == "||" and not self.last):
                continue
            if not words:
                continue
            result = self._run_words(words)
            self.last = result.code
            yield result
            if result.exits:
                return

    def run(self, words: list[str]) -> Result:
        """Run one command; UnknownCommandError when there is none of this name."""
        program = words[0].rpartition("/")[2]
        command = _COMMANDS.get(program)
        if command is None:
            raise UnknownCommandError(words[0])
        return command(self, words[1:])

    def _run_words(self, words: list[str]) -> Result:
        joined = next(
            (word for word in words if word in {"|", ">", ">>", "<", "&"}), ""
        )
        if joined:
            return Result(2, errors=f"sh: {joined}: the dev cluster's shell has no pipes and no files\n")  # fmt: skip
        expanded = [self._expand(word) for word in words]
        name, equals, value = expanded[0].partition("=")
        if equals and name.isidentifier() and len(expanded) == 1:
            self.variables[name] = value
            return Result()
        try:
            return self.run(expanded)
        except UnknownCommandError:
            return Result(127, errors=f"sh: {expanded[0]}: not found (try help)\n")

    def _expand(self, word: str) -> str:
        if word[:1] == "'" and word[-1:] == "'" and len(word) > 1:
            return word[1:-1]
        if word[:1] == '"' and word[-1:] == '"' and len(word) > 1:
            word = word[1:-1]
        word = word.replace("$?", str(self.last))
        return _Variables(word).safe_substitute(_Defaulted(self.variables))

    # what the commands ask

    def path(self, text: str) -> str:
        """Return a path without `.` and `..`, from the current folder."""
        parts: list[str] = []
        for part in (text if text[:1] == "/" else f"{self.folder}/{text}").split("/"):
            if part == "..":
                parts = parts[:-1]
            elif part not in {"", "."}:
                parts.append(part)
        return f"/{'/'.join(parts)}"

    def read(self, path: str) -> str | None:
        """Return the content of a file, if there is one."""
        found = {
            "/etc/hostname": f"{self.container.pod}\n",
            "/etc/os-release": 'NAME="Fairlead dev cluster"\nID=fairlead\n',
            "/var/run/secrets/kubernetes.io/serviceaccount/namespace": self.container.namespace,
        }
        return found.get(path)


class _Variables(string.Template):
    idpattern = r"(?a:[_a-zA-Z][_a-zA-Z0-9]*)"


class _Defaulted(dict[str, object]):
    """Variables, where an unset one is empty."""

    def __missing__(self, key: str) -> str:
        return ""


def _split(line: str) -> list[str]:
    lexer = shlex.shlex(line, posix=False, punctuation_chars=True)
    lexer.whitespace_split = True
    return list(lexer)


def _commands(tokens: list[str]) -> Iterator[tuple[str, list[str]]]:
    joint, words = ";", list[str]()
    for token in tokens:
        if token in {";", "&&", "||"}:
            yield joint, words
            joint, words = token, []
        else:
            words.append(token)
    yield joint, words


def _echo(_shell: Shell, words: list[str]) -> Result:
    end = "\n"
    if words[:1] == ["-n"]:
        end, words = "", words[1:]
    return Result(output=" ".join(words) + end)


def _ls(shell: Shell, words: list[str]) -> Result:
    result = Result()
    for word in [word for word in words if word[:1] != "-"] or ["."]:
        path = shell.path(word)
        if shell.read(path) is not None:
            result.output += f"{word}\n"
        elif path in _FOLDERS or path.rpartition("/")[2] in _FOLDERS.get(path.rpartition("/")[0] or "/", ()):  # fmt: skip
            result.output += "".join(f"{name}\n" for name in _FOLDERS.get(path, ()))
        else:
            result.code = 2
            result.errors += f"ls: {word}: No such file or directory\n"
    return result


def _cd(shell: Shell, words: list[str]) -> Result:
    path = shell.path(words[0] if words else shell.variables.get("HOME", "/"))
    if path not in _FOLDERS and path != shell.container.folder:
        return Result(1, errors=f"sh: cd: {words[0]}: No such file or directory\n")
    shell.folder = path
    return Result()


def _cat(shell: Shell, words: list[str]) -> Result:
    result = Result()
    for word in words:
        content = shell.read(shell.path(word))
        if content is None:
            result.code = 1
            result.errors += f"cat: {word}: No such file or directory\n"
        else:
            result.output += content
    return result


def _env(shell: Shell, _words: list[str]) -> Result:
    return Result(output="".join(f"{key}={value}\n" for key, value in sorted(shell.variables.items())))  # fmt: skip


def _printenv(shell: Shell, words: list[str]) -> Result:
    if not words:
        return _env(shell, words)
    value = shell.variables.get(words[0])
    return Result(1) if value is None else Result(output=f"{value}\n")


def _exit(shell: Shell, words: list[str]) -> Result:
    text = words[0] if words else str(shell.last)
    if not text.isdecimal():
        return Result(2, errors=f"sh: exit: {text}: numeric argument required\n", exits=True)  # fmt: skip
    return Result(int(text) % 256, exits=True)


def _sleep(_shell: Shell, words: list[str]) -> Result:
    try:
        return Result(seconds=max(0.0, float(words[0].removesuffix("s"))))
    except (IndexError, ValueError):
        return Result(1, errors="sleep: say how many seconds\n")


def _stty(shell: Shell, words: list[str]) -> Result:
    size = shell.container.get_size()
    if size is None:
        return Result(1, errors="stty: standard input: Inappropriate ioctl for device\n")  # fmt: skip
    if words != ["size"]:
        return Result(1, errors="stty: only `stty size` is known here\n")
    return Result(output="{} {}\n".format(*size))


def _date(shell: Shell, _words: list[str]) -> Result:
    return Result(output=f"{datetime.fromtimestamp(shell.clock(), UTC):%a %b %e %H:%M:%S UTC %Y}\n")  # fmt: skip


def _sh(shell: Shell, words: list[str]) -> Result:
    if words[:1] != ["-c"] or len(words) < 2:
        return Result(2, errors="sh: only `sh -c COMMANDS` runs inside this shell\n")
    total = Result()
    inner = Shell(shell.container, shell.clock, shell.folder, dict(shell.variables))
    for result in inner.run_line(words[1]):
        total.output += result.output
        total.errors += result.errors
        total.seconds += result.seconds
        total.code = result.code
    return total


def _fixed(text: Callable[[Shell], str]) -> Callable[[Shell, list[str]], Result]:
    return lambda shell, _words: Result(output=text(shell))


_COMMANDS: dict[str, Callable[[Shell, list[str]], Result]] = {
    "echo": _echo,
    "ls": _ls,
    "cd": _cd,
    "cat": _cat,
    "env": _env,
    "printenv": _printenv,
    "exit": _exit,
    "sleep": _sleep,
    "stty": _stty,
    "date": _date,
    "pwd": _fixed(lambda shell: f"{shell.folder}\n"),
    "hostname": _fixed(lambda shell: f"{shell.container.pod}\n"),
    "whoami": _fixed(lambda _shell: "root\n"),
    "id": _fixed(lambda _shell: "uid=0(root) gid=0(root) groups=0(root)\n"),
    "uname": _fixed(lambda _shell: "Linux\n"),
    "clear": _fixed(lambda _shell: "\x1b[H\x1b[2J"),
    "help": _fixed(lambda _shell: _USAGE),
    "true": lambda _shell, _words: Result(),
    ":": lambda _shell, _words: Result(),
    "false": lambda _shell, _words: Result(1),
    **dict.fromkeys(SHELLS, _sh),
}
