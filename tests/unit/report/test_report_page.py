"""The page of all results: what it holds, that it reaches for nothing, and what it refuses."""

import base64
import io
import json
import re
import runpy
import shutil
import subprocess
import sys
import zipfile
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import get_args

import numpy as np
import pyarrow.parquet as pq
import pytest
import yaml
from PIL import Image
from report_results import CITATION, FAILED, HOSTILE, UNIFORM, configuration, make_results, rows_of

from syncsweep.config.configuration import parse
from syncsweep.config.figure import Panel
from syncsweep.config.physics import Ensemble, Physics
from syncsweep.config.study import Study
from syncsweep.config.units import EnergyUnit
from syncsweep.layout import report_file, tables_folder
from syncsweep.physics.phase_distribution import deviation, relative_frequencies
from syncsweep.report import captions, report_tables
from syncsweep.report.realisations import SHOWN
from syncsweep.report.report_page import ReportRequest, _files, make_report, notation
from syncsweep.report.report_words import eta, of_code, of_study
from syncsweep.sample.rows import unpack_coefficients
from syncsweep.tables import ResultsError
from syncsweep.tables.freshness import changed_sources, said_by
from syncsweep.tables.writing import write_table
from syncsweep.verify.origins import verify_origins
from syncsweep.verify.verify_text import Report

ROOT = Path(__file__).parents[3]

#: Attributes by which a page loads something.
LOADING = {"src", "srcset", "poster", "data", "action", "background", "formaction"}


class Page(HTMLParser):
    """All elements of a page with their attributes and the text within."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        element = {"tag": tag, "text": "", **dict(attributes)}
        self.elements.append(element)
        if tag not in {"meta", "img", "input", "link", "br"}:
            self.open.append(element)

    def handle_endtag(self, tag):
        while self.open and self.open.pop()["tag"] != tag:
            pass

    def handle_data(self, data):
        for element in self.open:
            element["text"] += data

    def all(self, tag, **attributes):
        return [
            element
            for element in self.elements
            if element["tag"] == tag and attributes.items() <= element.items()
        ]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A results folder whose name is hostile too, and the request of its page."""
    results = tmp_path_factory.mktemp("report") / "<script>alert(1)<"
    return results, make_results(results)


def make(results, request, output):
    make_report(results, CITATION, ReportRequest.model_validate(request), output)


@pytest.fixture(scope="module")
def text(made):
    results, request = made
    make(results, request, report_file(results))
    return report_file(results).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


@pytest.fixture(scope="module")
def data(page):
    (script,) = page.all("script", id="data")
    return {study["name"]: study for study in json.loads(script["text"])}


def test_equal_results_give_equal_bytes(made, text):
    results, request = made
    again = results / "again.html"
    make(results, request, again)
    assert again.read_bytes() == text.encode()


def test_nothing_is_loaded_from_anywhere(page):
    for element in page.elements:
        for name in LOADING & element.keys():
            assert element[name].startswith("data:"), element
        assert element["tag"] not in {"link", "iframe", "object", "embed", "base"}
        assert not any(name.startswith("on") for name in element), element
    (policy,) = page.all("meta", **{"http-equiv": "Content-Security-Policy"})
    sources = re.findall(r"\S+", policy["content"].replace(";", " "))
    assert sources[:2] == ["default-src", "'none'"]
    assert not [source for source in sources if "http" in source or "*" in source]
    assert "'unsafe-eval'" not in sources
    for style in page.all("style"):
        assert not re.findall(r"url\((?!data:|\"data:|'data:)|@import", style["text"])


def test_links_lead_to_files_of_the_results_within_the_page_or_to_embedded_data(made, page):
    results, _ = made
    identities = {element["id"] for element in page.elements if "id" in element}
    files = 0
    for element in page.all("a"):
        address = element["href"]
        if address.startswith("#"):
            assert address[1:] in identities
        elif address.startswith("data:"):
            assert element["download"]
        else:
            assert (results / address).is_file(), address
            files += 1
    assert files >= 20


def test_what_users_and_tables_say_stays_text(page, text):
    (title,) = page.all("title")
    assert title["text"] == "syncsweep report: <script>alert(1)<"
    assert HOSTILE.replace("S_d", "Sd") in [cell["text"] for cell in page.all("td")]
    # The page's own scripts and the two libraries, and no image but the figures.
    assert len(page.all("script")) == 4
    assert len(page.all("img")) == len(page.all("figure")) == 3
    (script,) = page.all("script", id="data")
    assert "<" not in script["text"]
    assert text.count("</script>") == 4


def test_identities_are_unique_and_headings_in_order(page):
    identities = [element["id"] for element in page.elements if "id" in element]
    assert len(identities) == len(set(identities))
    levels = [int(e["tag"][1]) for e in page.elements if re.fullmatch("h[1-6]", e["tag"])]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    named = {e[key] for e in page.elements for key in ("aria-labelledby", "for") if key in e}
    assert named <= set(identities)


def test_each_figure_has_words_data_and_origin(made, page):
    results, _ = made
    for figure, image in zip(page.all("figure"), page.all("img"), strict=True):
        stem = results / "figures" / figure["id"]
        assert len(image["alt"]) > 40
        assert image["src"].startswith("data:image/png;base64,")
        assert int(image["width"]) == 680  # of 1020 pixels
        sidecar = json.loads(stem.with_name(f"{stem.name}.json").read_text())
        assert f"commit {sidecar['made_by']['code']['commit']}" in figure["text"]
        for name in sidecar["made_from"]:
            assert name in figure["text"]
        for path in results.glob(f"figures/{stem.name}_*.csv"):
            (link,) = page.all("a", download=path.name)
            content = base64.b64decode(link["href"].partition("base64,")[2])
            assert content == path.read_bytes()
    modules = [code["text"] for code in page.all("code") if code["text"].endswith(".py")]
    assert all((ROOT / "src" / "syncsweep" / module).is_file() for module in modules)
    assert "paper/figures/limit_figure.py" in modules and "figures/sweep_figure.py" in modules


def test_images_are_those_of_the_figures_to_the_eye(made, page):
    results, _ = made
    for figure, image in zip(page.all("figure"), page.all("img"), strict=True):
        content = base64.b64decode(image["src"].partition("base64,")[2])
        shown = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"), dtype=int)
        drawn = Image.open(results / "figures" / f"{figure['id']}.png").convert("RGB")
        assert np.abs(shown - np.asarray(drawn, dtype=int)).max() <= 16


def test_the_configuration_on_the_page_is_one_to_run_again(made, page):
    results, _ = made
    (link,) = page.all("a", download="config.yaml")
    content = yaml.safe_load(base64.b64decode(link["href"].partition("base64,")[2]))
    assert parse(content) == configuration(results)


def test_studies_that_the_paper_adds_are_not_in_the_configuration(made, text, tmp_path):
    results, request = made
    studies = request["config"]["studies"]
    added = {**studies, "paper-rank-1": studies["chain"]}
    make(results, request | {"config": {**request["config"], "studies": added}}, tmp_path / "page")
    assert (tmp_path / "page").read_text(encoding="utf-8") == text


def test_tables_have_a_row_for_each_of_the_file_and_numbers_to_sort_by(text):
    summary = text[text.index('id="chain-summary"') :]
    rows = re.findall(r"<tr>(.*?)</tr>", summary[: summary.index("</table>")], re.S)
    assert len(rows) == 1 + 3
    assert [re.findall(r'data-order="([^"]*)"', row)[0] for row in rows[1:]] == [
        "0.0",
        "0.001",
        "0.5",
    ]
    failures = text[text.index('id="chain-failures"') :]
    cells = re.findall(r"<td[^>]*>(.*?)</td>", failures[: failures.index("</table>")])
    assert cells[:3] == ["0.001", str(FAILED[0]), "degenerate"]
    assert 'id="pair-failures"' not in text and "There are no such rows." in text
    assert 'id="chain-limit_control"' in text and 'id="pair-limit_control"' not in text


def test_verdicts_are_said_in_words_and_counted(page):
    badges = [e for e in page.all("span") if e.get("class", "").startswith("verdict")]
    assert {(e["class"], e["text"]) for e in badges} >= {
        ("verdict agrees", "agrees"),
        ("verdict corrected", "corrected"),
        ("verdict differs", "differs"),
        ("verdict does-not-hold", "does not hold"),
        ("verdict agrees", "1 agrees"),
        ("verdict does-not-hold", "1 does not hold"),
    }


def test_realisations_are_the_coefficients_of_the_shards_at_every_eta(data):
    chain = data["chain"]
    assert [eta["text"] for eta in chain["etas"]] == ["η → 0⁺", "η = 0.001 ω", "η = 0.5 ω"]
    assert chain["frequencies"] == relative_frequencies((1.0,) * 3)[1:].tolist()
    small, large = rows_of("chain", (0.0, 1e-3)), rows_of("chain", (0.5,))
    for sample in chain["samples"]:
        number = sample["sample"]
        solved = [*small[number].s_d, *large[number].s_d]
        for index, (row, s_d) in enumerate(zip(sample["rows"], solved, strict=True)):
            if (number, index) == (FAILED[0], 1):
                assert row is None
            else:
                assert row["s_d"] == s_d.tolist()
                assert len(row["maxima"]) >= 1


def test_maxima_are_stationary_and_within_the_threshold(data):
    for study in data.values():
        frequencies = np.array([[0] * (study["sites"] - 1), *study["frequencies"]])
        for sample in study["samples"]:
            for row in filter(None, sample["rows"]):
                angles = np.array(row["maxima"]).reshape(-1, study["sites"] - 1)
                coefficients = unpack_coefficients(np.array(row["s_d"]))
                heights = deviation(coefficients, frequencies, angles)
                for shift in 1e-3 * np.vstack([np.eye(study["sites"] - 1)] * 2):
                    moved = deviation(coefficients, frequencies, angles + shift)
                    assert np.all(moved < heights)
                if len(heights):
                    assert heights.min() >= study["threshold"] * heights.max()


def test_a_uniform_distribution_has_no_maxima(data):
    (sample,) = [s for s in data["pair"]["samples"] if s["sample"] == UNIFORM[0]]
    assert [len(row["maxima"]) for row in sample["rows"]] == [1, 0]


def test_the_first_samples_are_shown_and_those_of_fig_2_have_their_names(data):
    names = [sample["name"] for sample in data["chain"]["samples"]]
    assert names == [
        "sample 0",
        "sample 1 (Fig. 2, π/3 type)",
        "sample 2",
        "sample 3",
        "sample 4 (Fig. 2, (0, π) type)",
        "sample 5",
    ]
    assert [s["sample"] for s in data["pair"]["samples"]] == list(range(SHOWN))


def test_origin_has_hashes_dates_and_hosts_of_the_shards(made, page):
    results, _ = made
    said = " ".join(element["text"] for element in page.all("main"))
    settings = configuration(results)
    for name in settings.studies:
        assert settings.physics(name).digest in said
    assert "2023-11-14 22:13 UTC" in said and "2023-11-14 22:15 UTC" in said
    assert "node0, node4" in said and "commit c0ffee" in said
    assert "numpy 2, scipy 1" in said


def test_citation_names_paper_and_program(page):
    said = " ".join(element["text"] for element in page.all("main"))
    assert "Yi J. Zhao, Joel E. Moore, Juzar Thingna, Christopher W. Wächtler" in said
    assert "@misc{zhao2025," in said and "author = {Zhao, Yi J. and Moore, Joel E." in said
    assert "@software{" in said
    assert "arXiv:2510.11601v1 (2025)" in said and "v2 of 30 June 2026" in said
    assert "eprint = {2510.11601}" in said and "archivePrefix = {arXiv}" in said


def test_a_page_without_the_paper_has_no_claims(made, tmp_path):
    results, request = made
    make(results, request | {"figures": [], "parts": []}, tmp_path / "page.html")
    page = Page((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert not [e for e in page.elements if e.get("id") == "claims" or e.get("href") == "#claims"]
    assert len(page.all("figure")) == 2


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("figures/chain.png", b"no image"),
        ("figures/chain.json", b"{}"),
        ("figures/chain_limit.csv", None),
        ("figures/the-pair.png", None),
        ("tables/chain/summary.parquet", b"PAR1"),
        ("tables/chain/limit_control.csv", None),
        ("paper/validation.parquet", None),
        ("paper/types_realisations.parquet", b""),
    ],
)
def test_a_missing_or_damaged_file_is_named_in_one_line(made, tmp_path, file, content):
    results, request = made
    copy = tmp_path / "copy"
    shutil.copytree(results, copy)
    if content is None:
        (copy / file).unlink()
    else:
        (copy / file).write_bytes(content)
    with pytest.raises(ResultsError) as error:
        make(copy, request, copy / "new.html")
    assert file in str(error.value) and "\n" not in str(error.value)
    assert not (copy / "new.html").exists()


def test_tables_of_other_settings_and_figures_of_other_tables_are_refused(made, tmp_path):
    results, request = made
    copy = shutil.copytree(results, tmp_path / "copy")
    path = tables_folder(copy, "pair") / "summary.parquet"
    frame, said = pq.read_table(path).to_pandas(), said_by(path)
    write_table(path.with_suffix(""), frame, said | {"note": "with the same settings"})
    with pytest.raises(ResultsError, match=r"the-pair\.json: .* version of tables/pair/summary"):
        make(copy, request, copy / "new.html")
    analysis = said["analysis"] | {"threshold": 0.5}
    write_table(path.with_suffix(""), frame, said | {"analysis": analysis})
    with pytest.raises(
        ResultsError, match=r"summary\.parquet: .* settings of this run \(analysis\)"
    ):
        make(copy, request, copy / "new.html")
    assert not (copy / "new.html").exists()


def test_the_page_says_what_it_was_made_from(made, text):
    results, _ = made
    said = said_by(report_file(results))
    assert {"tables/pair/summary.parquet", "figures/the-pair.json"} <= set(said["made_from"])
    assert changed_sources(said, results) == []


def test_a_page_that_was_made_from_other_tables_is_found(made, text, tmp_path, capsys):
    results, _ = made
    assert text
    copy = shutil.copytree(results, tmp_path / "copy")
    report = Report()
    verify_origins(copy, report)
    assert report.findings == 0
    path = tables_folder(copy, "pair") / "summary.parquet"
    write_table(
        path.with_suffix(""), pq.read_table(path).to_pandas(), said_by(path) | {"samples": 4}
    )
    verify_origins(copy, report)
    said = capsys.readouterr().out
    assert (
        report.findings
        and f"{report_file(copy).name}: was made from another version of tables/pair" in said
    )


def run_script(monkeypatch, *arguments):
    """Run the script of the rule; returns its last words."""
    monkeypatch.setattr(sys, "argv", ["make_report.py", *map(str, arguments)])
    try:
        runpy.run_path(str(ROOT / "scripts" / "make_report.py"), run_name="__main__")
    except SystemExit as end:
        return end.code
    return None


def test_the_script_makes_the_page_and_says_one_line_where_it_cannot(made, tmp_path, monkeypatch):
    results, request = made
    asked = ["--results", results, "--request", json.dumps(request)]
    output = tmp_path / "page.html"
    assert not run_script(monkeypatch, *asked, "--citation", CITATION, "--output", output)
    assert output.stat().st_size > 10**6
    missing, nowhere = tmp_path / "missing.cff", tmp_path / "no" / "page.html"
    said = run_script(monkeypatch, *asked, "--citation", missing, "--output", output)
    assert said == f"error: {missing}: cannot be read (No such file or directory)"
    said = run_script(monkeypatch, *asked, "--citation", CITATION, "--output", nowhere)
    assert said.startswith(f"error: {nowhere.parent}") and "\n" not in said
    asked[3] = "{}"
    said = run_script(monkeypatch, *asked, "--citation", CITATION, "--output", output)
    assert said == "error: --request: config: field required"


def test_captions_cover_every_figure_and_panel():
    panels = get_args(Panel)
    ratio = configuration(Path("x")).studies["chain"].analysis.ratio
    shown = captions.of_sweep("fig", "study", panels, ratio)
    assert len(set(shown.panels)) == len(panels)
    assert any(ratio.meaning in panel for panel in shown.panels)


@pytest.mark.parametrize(
    ("value", "shown", "spoken"),
    [
        (0.0, "η → 0⁺", "limit η → 0⁺"),
        (1e-4, "η = 10⁻⁴ ω", "η = 1e-4 ω"),
        (5.62341325e-6, "η = 5.623·10⁻⁶ ω", "η = 5.623e-6 ω"),
        (0.001, "η = 0.001 ω", "η = 0.001 ω"),
        (10.0, "η = 10 ω", "η = 10 ω"),
    ],
)
def test_eta_in_words(value, shown, spoken):
    for omega in (1.0, 3.0):
        said = eta(omega * value, EnergyUnit("ω", omega))
        assert (said.text, said.spoken) == (shown, spoken)


def test_eta_without_a_unit_ends_with_its_number():
    unit = EnergyUnit()
    assert (eta(1e-4, unit).text, eta(10, unit).spoken) == (
        "η = 10⁻⁴",
        "η = 10",
    )


def test_a_study_in_words():
    whole = configuration(Path("x"))
    said = dict(of_study(whole.studies["chain"], whole.physics("chain")))
    assert "N = 3; level splitting ω = 1; exchange coupling J = 0.5; Ising" in said["Model"]
    assert "full rank" in said["Perturbation"]
    assert said["Sweep"] == (
        "6 realisations at each η: the exact limit η → 0⁺ and 2 values from 0.001 to 0.5 ω"
    )
    assert "S_d − (1/2π)² is at least 0.95·S_max" in said["Analysis"]
    assert "from 1 000 draws" in said["Analysis"].replace("\u202f", " ")


def test_figures_that_the_page_does_not_show_are_not_listed(tmp_path):
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "another.pdf").touch()
    assert _files(tmp_path, [], {}, ()) == {}


def test_models_and_ensembles_of_the_users_own_are_said_by_their_files_and_code():
    study = Study.model_validate(
        {
            "model": {"name": "own", "file": "my_model.py", "spins": [1, 0.5]}
            | {"parameters": {"B": 0.3, "gamma": 2}},
            "ensemble": {"file": "my_noise.py"},
            "samples": 1,
            "eta_blocks": [{"values": [1e-3]}],
            "analysis": {"s_max_bins": {"low": 1e-5, "high": 1, "count": 5}},
        }
    )
    text = "def model(spins, B, gamma=1.0, *, J, axis='z'): ..."
    model, ensemble = study.model.code(text), study.ensemble.code("x = 1")
    physics = Physics(model=model, ensemble=ensemble, root_seed=1)
    said = dict(of_study(study, physics))
    model_said = "Own model: model() in my_model.py, spins 1, 0.5; B = 0.3; gamma = 2; axis = 'z'"
    assert said["Model"] == model_said
    assert said["Perturbation"] == "Own ensemble: perturbation() in my_noise.py"
    assert said["Sweep"] == "1 realisation at each η: η = 0.001"
    assert of_code(physics) == [
        ("model", model.source),
        ("perturbation", ensemble.source),
    ]
    assert of_code(configuration(Path("x")).physics("chain")) == []
    one_file = Physics(model=model, ensemble=study.ensemble.code(text), root_seed=1)
    assert of_code(one_file) == [("model and perturbation", model.source)]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("global", "Random Liouvillians of App. F: random Hamiltonian with weight 1,"),
        ("bonds", "App. F, independent on each pair of neighbours:"),
        ("sites", "App. F, independent on each spin:"),
    ],
)
def test_kinds_of_ensembles_are_said(kind, words):
    study = configuration(Path("x")).studies["chain"]
    study = study.model_copy(update={"ensemble": Ensemble(kind=kind)})
    physics = Physics(model=study.model, ensemble=study.ensemble, root_seed=1)
    assert words in dict(of_study(study, physics))["Perturbation"]


def test_notation_escapes_and_sets_indices():
    assert notation("S_max<1 & σ_1^x") == "S<sub>max</sub>&lt;1 &amp; σ<sub>1</sub><sup>x</sup>"
    assert notation("φ'_2, P·1_M") == "φ&#39;<sub>2</sub>, P·1<sub>M</sub>"
    assert notation("_a mixed_pair.py") == "_a mixed_pair.py"


def test_the_package_ships_the_files_of_the_page(tmp_path):
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for name in ("page.html.j2", "page.css", "page.js"):
        assert f"syncsweep/report/{name}" in names


@pytest.mark.parametrize(("name", "expected"), [("chain", True), ("pair", False), ("four", False)])
def test_a_ratio_is_told_of_the_study_that_says_what_it_means_alone(made, name, expected):
    results, _ = made
    settings = configuration(results)
    study = settings.studies[name]
    summary, *_ = report_tables.of_study(tables_folder(results, name), study)
    assert ("P₂/(3P₁)" in summary.heads) == expected
    said = dict(of_study(study, settings.physics(name)))["Analysis"]
    assert ("P₂/(3P₁): π/3 for each (0, π)" in said) == expected
    header = (tables_folder(results, name) / "summary.csv").read_text().splitlines()[0]
    assert ("ratio" in header) == expected


def test_no_probability_is_shown_without_its_error(made):
    """Six and two samples: P_a has an error even if all or none of them are hits."""
    results, _ = made
    for name in ("chain", "four"):
        study = configuration(results).studies[name]
        summary, *_ = report_tables.of_study(tables_folder(results, name), study)
        places = [index for index, head in enumerate(summary.heads) if head in ("P₁", "P₂", "P₃")]
        cells = [row[place].text for row in summary.rows for place in places]
        assert cells and all(re.search(r"± 0\.0*[1-9]|[+−]0\.0*[1-9]", cell) for cell in cells)


def test_gain_of_a_control_has_two_digits(made):
    results, _ = made
    study = configuration(results).studies["chain"]
    *_, control = report_tables.of_study(tables_folder(results, "chain"), study)
    place = control.heads.index("gain in samples")
    gains = [row[place].text for row in control.rows]
    assert gains
    for gain in gains:
        assert re.fullmatch(r"–|0|0\.0*[1-9]\d?|[1-9]|[1-9]\.\d|[1-9]\d0*|[\d.]+·10.+", gain), gain
