"""Folders in which generated code meets the real compilers and Node."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
COMPILERS = {
    "7": REPOSITORY / "node_modules/typescript/bin/tsc",
    "5.9": REPOSITORY / "node_modules/typescript-5/bin/tsc",
}
STRICT: Mapping[str, object] = {
    "target": "ES2022",
    "lib": ["ES2023", "ESNext.Disposable", "DOM", "DOM.Iterable"],
    "module": "nodenext",
    "moduleResolution": "nodenext",
    "strict": True,
    "noUncheckedIndexedAccess": True,
    "exactOptionalPropertyTypes": True,
    "noPropertyAccessFromIndexSignature": True,
    "verbatimModuleSyntax": True,
    "isolatedModules": True,
    "noEmit": True,
    "skipLibCheck": False,
    "types": [],
}


class Workspace:
    """A folder with npm's packages at hand."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "node_modules").symlink_to(REPOSITORY / "node_modules")
        self.write("package.json", '{"type": "module"}')

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def compile(self, compiler: str = "7", **options: object) -> str:
        """What tsc says; empty when it is content."""
        config = {
            "compilerOptions": {**STRICT, **options},
            "include": ["**/*.ts", "**/*.d.ts"],
            "exclude": ["node_modules"],
        }
        self.write("tsconfig.json", json.dumps(config))
        command = ["node", str(COMPILERS[compiler]), "-p", "tsconfig.json"]
        done = subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, check=False
        )
        return done.stdout + done.stderr

    def run_node(self, script: str) -> str:
        done = subprocess.run(
            ["node", "--input-type=module", "-e", script],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    if not COMPILERS["7"].exists():
        pytest.skip("npm's packages are not installed: run `make setup`")
    return Workspace(tmp_path)
