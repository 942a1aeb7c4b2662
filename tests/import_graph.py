"""The files of the project that a module imports, read from their source: nothing is executed."""

import ast
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

PACKAGES = ("pipeline", "stages", "demo")

Followed = Callable[[str, str], bool]
"""Whether an import of one file by another counts: importer and imported, relative to the root."""


def reached(
    root: Path, module: str, followed: Followed = lambda importer, imported: True
) -> set[str]:
    """The project's files that importing ``module`` runs, itself included.

    Imports inside of functions count, and a package's ``__init__`` runs before its modules. A file
    that holds nothing but a docstring is left out, since it can change nothing.
    """
    seen: set[str] = set()
    waiting = files_of(root, module)
    while waiting:
        file = waiting.pop()
        if file in seen:
            continue
        seen.add(file)
        waiting += [other for other in imports(root, file) if followed(file, other)]
    return {file for file in seen if not is_empty(root, file)}


@cache
def imports(root: Path, file: str) -> tuple[str, ...]:
    """The project's files that one file imports, wherever in it the import stands."""
    found = (name for node in ast.walk(tree(root, file)) for name in names(node, package(file)))
    inside = (name for name in found if name.split(".")[0] in PACKAGES)
    return tuple(dict.fromkeys(file for name in inside for file in files_of(root, name)))


def names(node: ast.AST, package: list[str]) -> Iterator[str]:
    """The dotted names that a statement in a module of ``package`` may import."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        above = package[: len(package) - node.level + 1] if node.level else []
        base = ".".join([*above, *([node.module] if node.module else [])])
        yield base
        yield from (f"{base}.{alias.name}" for alias in node.names)  # a module, or what is in one


def files_of(root: Path, module: str) -> list[str]:
    """The files that ``import module`` runs: of each package on the way, and its own."""
    parts = module.split(".")
    ways = ["/".join(parts[: at + 1]) for at in range(len(parts))]
    files = [name for way in ways for name in (f"{way}/__init__.py", f"{way}.py")]
    return [name for name in files if (root / name).is_file()]


def package(file: str) -> list[str]:
    """The package whose names a relative import in ``file`` starts from."""
    return list(Path(file).parts[:-1])


@cache
def tree(root: Path, file: str) -> ast.Module:
    """A file's syntax tree."""
    return ast.parse((root / file).read_text(encoding="utf-8"))


def is_empty(root: Path, file: str) -> bool:
    """Tell whether a file holds nothing but constants that stand alone, such as its docstring."""
    return all(
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        for node in tree(root, file).body
    )
