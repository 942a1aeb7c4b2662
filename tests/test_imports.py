"""No file imports itself by way of others, lazily or not."""

from graphlib import CycleError, TopologicalSorter

import grimp
import pytest


def order(imports: dict[str, set[str]]) -> list[str]:
    """Files, each behind all that it imports; raises CycleError where there is no such order."""
    return list(TopologicalSorter(imports).static_order())


def test_no_file_imports_itself_by_way_of_others():
    graph = grimp.build_graph("pipeline", "stages", "demo", cache_dir=None)
    imports = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    assert len(order(imports)) == len(imports) > 200
    lazy = imports["pipeline.cli.models"]
    assert "pipeline.cli.commands.translate" in lazy  # imported within a function


def test_a_circle_is_found():
    with pytest.raises(CycleError, match="a"):
        order({"a": {"b"}, "b": {"c"}, "c": {"a"}})
