"""Descriptions: workers read what a study is from files that belong to their folder's name."""

import json
import os
import shutil

import pytest
from studies import blocks_of

from syncsweep.config.blocks import Block as EtaBlock
from syncsweep.config.physics import RESULTS_VERSION, Ensemble, Physics, Spin1Chain, SpinHalfPair
from syncsweep.layout import BlockFolder, jobs_folder, study_file, study_folder
from syncsweep.sweep import description
from syncsweep.sweep.description import Description, DescriptionError

ETAS = (0.0, 1e-3, 0.333333333333)
MORE = (0.5, 2.0)
PHYSICS = Physics(
    model=SpinHalfPair(name="spin_half_pair", B=0.1), ensemble=Ensemble(rank=3), root_seed=2**62
)


@pytest.fixture
def folder(tmp_path):
    path = study_folder(tmp_path / "results", "pair", PHYSICS.digest)
    description.write(path, blocks_of("pair", PHYSICS, [ETAS, MORE]))
    return path


def edit(path, change):
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def assert_refused(block_folder, file, words):
    with pytest.raises(DescriptionError) as error:
        description.read(block_folder)
    message = str(error.value)
    assert "\n" not in message
    assert message.startswith(f"{file}: ")
    assert words in message


@pytest.mark.parametrize("etas", [ETAS, MORE])
def test_what_is_written_is_read(folder, etas):
    assert description.read(folder / EtaBlock(etas).id) == Description("pair", PHYSICS, etas)


def test_physics_of_every_model_survives(tmp_path):
    chain = Physics(
        model=Spin1Chain(name="spin1_chain", n_sites=2, J=1e-90, delta=1 / 3),
        ensemble=Ensemble(basis="orthonormal", zeta_coh=0),
        root_seed=0,
    )
    path = study_folder(tmp_path, "chain", chain.digest)
    description.write(path, blocks_of("chain", chain, [ETAS]))
    assert description.read(path / EtaBlock(ETAS).id).physics == chain


def test_nothing_else_is_written(folder):
    blocks = {EtaBlock(ETAS).id, EtaBlock(MORE).id}
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*")} == blocks
    jobs = jobs_folder(folder)
    names = {path.relative_to(jobs).as_posix() for path in jobs.rglob("*")}
    assert names == {"study.json", *blocks, *(f"{block}/block.json" for block in blocks)}
    assert set(folder.parent.rglob("*")) == {
        folder,
        jobs,
        jobs.parent,
        *folder.rglob("*"),
        *jobs.rglob("*"),
    }


def test_writing_the_same_again_touches_no_file(folder):
    files = [path for path in jobs_folder(folder).rglob("*") if path.is_file()]
    for path in files:
        os.utime(path, ns=(10**18, 10**18))
    before = {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in files}
    description.write(folder, blocks_of("pair", PHYSICS, [ETAS, MORE]))
    after = {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in files}
    assert after == before


def test_new_block_is_added_beside_the_old_ones(folder):
    old = BlockFolder(folder / EtaBlock(ETAS).id).description
    os.utime(old, ns=(10**18, 10**18))
    description.write(folder, blocks_of("pair", PHYSICS, [ETAS, (7.0,)]))
    assert description.read(folder / EtaBlock((7.0,)).id).etas == (7.0,)
    assert description.read(folder / EtaBlock(MORE).id).etas == MORE
    assert old.stat().st_mtime_ns == 10**18


@pytest.mark.parametrize("data", [b"", b"{", b"damaged", b"\xff\xfe"])
def test_writing_again_repairs_a_damaged_file(folder, data):
    block = folder / EtaBlock(ETAS).id
    for path in (study_file(folder), BlockFolder(block).description):
        path.write_bytes(data)
    description.write(folder, blocks_of("pair", PHYSICS, [ETAS]))
    assert description.read(block).etas == ETAS


@pytest.mark.parametrize(
    "name",
    [
        f"other-{PHYSICS.digest}",
        f"pair-{'0' * 12}",
        "pair",
        f"pair-{PHYSICS.digest}-copy",
    ],
)
def test_folder_of_another_name_is_refused(folder, name):
    other = folder.rename(folder.parent / name)
    jobs_folder(folder).rename(jobs_folder(other))
    words = f"describes pair-{PHYSICS.digest}, not this folder"
    assert_refused(other / EtaBlock(ETAS).id, study_file(other), words)


def test_block_of_another_name_is_refused(folder):
    block = folder / "eta-1-1-n1-00000000"
    shutil.copytree(BlockFolder(folder / EtaBlock(ETAS).id).jobs, BlockFolder(block).jobs)
    assert_refused(
        block, BlockFolder(block).description, f"describes {EtaBlock(ETAS).id}, not this folder"
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content["physics"]["model"].update(B=0.2),
        lambda content: content["physics"]["ensemble"].update(rank=None),
        lambda content: content["physics"].update(root_seed=3),
        lambda content: content["physics"].update(results_version=RESULTS_VERSION + 1),
        lambda content: content.update(study="other"),
    ],
    ids=["model", "ensemble", "root_seed", "results_version", "study"],
)
def test_edited_physics_is_refused(folder, change):
    edit(study_file(folder), change)
    assert_refused(folder / EtaBlock(ETAS).id, study_file(folder), "not this folder")


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content["etas"].append(3.0),
        lambda content: content["etas"].pop(),
        lambda content: content["etas"].reverse(),
        lambda content: content["etas"].__setitem__(1, 1.1e-3),
    ],
    ids=["more", "fewer", "reversed", "changed"],
)
def test_edited_values_of_eta_are_refused(folder, change):
    block = folder / EtaBlock(ETAS).id
    edit(BlockFolder(block).description, change)
    assert_refused(block, BlockFolder(block).description, "not this folder")


def test_rows_of_another_results_version_are_not_added_to(tmp_path):
    """A job that waited while the code moved on must not mix its rows with the old ones."""
    fields = {**PHYSICS.model_dump(), "results_version": RESULTS_VERSION + 1}
    later = Physics(**fields)
    path = study_folder(tmp_path, "pair", later.digest)
    description.write(path, blocks_of("pair", later, [ETAS]))
    assert_refused(path / EtaBlock(ETAS).id, study_file(path), "version")


DAMAGED = [
    ("study", b"\xff\xfe\0\1"),
    ("study", b"[1, 2]"),
    ("study", b'"pair"'),
    ("study", b"null"),
    ("study", b'{"study": "pair"}'),
    ("study", b'{"study": "pair", "physics": 3}'),
    ("study", b'{"study": "pair", "physics": {"root_seed": 1}}'),
    ("study", b'{"study": "pair", "physics": {"model": {"name": "x"}, "root_seed": 1}}'),
    ("block", b"\xff\xfe\0\1"),
    ("block", b"[0.0, 0.001]"),
    ("block", b"null"),
    ("block", b"{}"),
    ("block", b'{"etas": []}'),
    ("block", b'{"etas": 3}'),
    ("block", b'{"etas": "abc"}'),
    ("block", b'{"etas": ["x", "y"]}'),
    ("block", b'{"etas": [[0.0], [0.001]]}'),
    ("block", b'{"etas": [null]}'),
    ("block", b'{"etas": {"a": 1}}'),
    ("block", b'{"etas": ' + b"[" * 10**5),
    ("block", b'{"etas": [1' + b"0" * 400 + b"]}"),
]


@pytest.mark.parametrize(("which", "data"), DAMAGED, ids=range(len(DAMAGED)))
def test_damaged_file_is_named_in_one_line(folder, which, data):
    block = folder / EtaBlock(ETAS).id
    path = study_file(folder) if which == "study" else BlockFolder(block).description
    path.write_bytes(data)
    assert_refused(block, path, "is damaged")


@pytest.mark.parametrize("name", ["a\nb", "../x", "x" * 10**6, "", "\ud800"], ids=repr)
def test_study_of_an_impossible_name_is_refused(folder, name):
    edit(study_file(folder), lambda content: content.update(study=name))
    assert_refused(folder / EtaBlock(ETAS).id, study_file(folder), "is damaged")


def test_missing_files_are_named_in_one_line(folder, tmp_path):
    block = folder / EtaBlock(ETAS).id
    (BlockFolder(block).description).unlink()
    assert_refused(block, BlockFolder(block).description, "is missing")
    study_file(folder).unlink()
    assert_refused(block, study_file(folder), "is missing")
    nowhere = tmp_path / "none" / "block"
    assert_refused(nowhere, study_file(tmp_path / "none"), "is missing")


def test_configuration_file_is_not_needed(folder, tmp_path, monkeypatch):
    """Workers never read it: it may be edited or gone while jobs wait."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text("damaged: [", encoding="utf-8")
    assert description.read(folder / EtaBlock(ETAS).id).physics == PHYSICS
