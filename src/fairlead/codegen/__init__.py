"""TypeScript from Python definitions.

introspect   a compiled router -> nodes (through annotate and lower)
nodes        the intermediate representation: frozen, knows neither side
emitters     typescript, zod, router_types, package_files, resource_files: pure, sorted
output       whole or not at all onto disk

A server needs the first two only, to compare its clients' types with its own, so what writes is
loaded when it is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fairlead.codegen.generating import Generated, check, generate, schema_hash
    from fairlead.codegen.problems import GenerationError

__all__ = ["Generated", "GenerationError", "check", "generate", "schema_hash"]


if not TYPE_CHECKING:  # checkers see the imports above, and what is not there

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        home = "problems" if name == "GenerationError" else "generating"
        value: object = getattr(import_module(f"{__name__}.{home}"), name)
        globals()[name] = value
        return value
