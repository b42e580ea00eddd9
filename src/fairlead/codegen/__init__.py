"""TypeScript from Python definitions.

introspect   a compiled router -> nodes (through annotate and lower)
nodes        the intermediate representation: frozen, knows neither side
emitters     typescript, zod, router_types, package_files, resource_files: pure, sorted
output       whole or not at all onto disk
"""

from fairlead.codegen.generate import Generated, check, generate, schema_hash
from fairlead.codegen.problems import GenerationError

__all__ = ["Generated", "GenerationError", "check", "generate", "schema_hash"]
