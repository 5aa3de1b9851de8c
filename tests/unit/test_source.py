"""Digests of the package's own source: which modules a rule's code is."""

from pathlib import Path

from syncsweep import source
from syncsweep.layout import PAPER_FIGURES, PAPER_TABLES


def test_a_part_depends_on_all_that_it_imports_through_others():
    modules = source.part_of_paper("locking")
    assert "results/paper/part.py" in modules  # by `import part`
    assert "results/statistics.py" in modules  # through results/tables.py
    assert "physics/measures.py" in modules
    assert not any(module.startswith(("config", "layout", "bench")) for module in modules)


def test_a_figure_depends_on_the_look_but_not_on_the_numbers():
    for figure in PAPER_FIGURES.values():
        modules = source.figure_of_paper(figure.module)
        assert {f"results/figures/{figure.module}.py", "results/figures/page.py"} <= set(modules)
        assert not any(module.startswith("physics/") for module in modules)


def test_the_report_depends_on_all_its_files_and_on_the_maxima_that_it_marks():
    files = set(source.report())
    folder = Path(source.__file__).parent
    assert files >= {
        path.relative_to(folder).as_posix() for path in (folder / "results" / "report").glob("*.*")
    } - {"results/report/__init__.py"}
    assert "physics/measures.py" in files
    assert "physics/affine_systems.py" not in files


def test_digest_differs_between_parts_and_is_that_of_the_text():
    digests = {source.digest(source.part_of_paper(part)) for part in PAPER_TABLES}
    assert len(digests) == len(PAPER_TABLES)
    assert source.digest(("source.py",)) != source.digest(("layout.py",))


def test_what_is_asked_for_is_the_request_and_the_code_but_not_where_rows_lie():
    request = {"folder": "results/pair-1", "chunk_size": 5, "rows": [{"folder": "a/b"}], "x": 1}
    asked = source.asked(request, ("source.py",))
    moved = {"folder": "/r/pair-1", "chunk_size": 7, "rows": [{"folder": "c/b"}], "x": 1}
    assert source.asked(moved, ("source.py",)) == asked
    assert source.asked(request, ("layout.py",)) != asked
    for change in ({"x": 2}, {"folder": "results/pair-2"}, {"rows": [{"folder": "a/c"}]}):
        assert source.asked({**request, **change}, ("source.py",)) != asked
