"""How to cite the numbers: what CITATION.cff says of the program and of the paper."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from syncsweep.report.embedded import read
from syncsweep.tables import ResultsError


class _Entry(BaseModel):
    """A part of a CITATION.cff file; keys that we do not use are left out."""

    model_config = ConfigDict(
        frozen=True,
        coerce_numbers_to_str=True,
        alias_generator=lambda name: name.replace("_", "-"),
    )


class Author(_Entry):
    """A person, or an entity, which has a name alone."""

    name: str = ""
    family_names: str = ""
    given_names: str = ""

    @property
    def full_name(self) -> str:
        """Given and family name."""
        return " ".join(filter(None, (self.given_names, self.family_names))) or self.name


class Identifier(_Entry):
    """An identifier of a work, such as `arXiv:2510.11601`."""

    value: str


class Work(_Entry):
    """A work to cite."""

    title: str
    authors: tuple[Author, ...] = Field(min_length=1)
    type: str = ""
    version: str | None = None
    year: int | None = None
    url: str | None = None
    notes: str | None = None
    identifiers: tuple[Identifier, ...] = ()

    @property
    def arxiv(self) -> str | None:
        """The identifier of the work at arXiv, without its version."""
        values = (identifier.value for identifier in self.identifiers)
        return next((v.removeprefix("arXiv:") for v in values if v.startswith("arXiv:")), None)


class Software(Work):
    """The program, and the works that it refers to: first the paper."""

    version: str
    license: str
    date_released: date | None = None
    references: tuple[Work, ...] = ()


@dataclass(frozen=True)
class Citation:
    """The citations: in words, as BibTeX, and the text of their file."""

    sentences: tuple[str, ...]
    bibtex: str
    source: str


def software(path: Path) -> Software:
    """What a CITATION.cff file says; ResultsError if it cannot be read or lacks something."""
    try:
        return Software.model_validate(yaml.safe_load(read(path)))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        problem = f"{'.'.join(map(str, first['loc'])) or 'the file'}: {first['msg']}"
    except (yaml.YAMLError, ValueError):  # the latter of a day that no month has
        problem = "is not YAML"
    raise ResultsError(f"{path}: {problem}; correct it, because it says how to cite the results")


def cite(path: Path) -> Citation:
    """How to cite, from a CITATION.cff file; ResultsError."""
    program = software(path)
    works = [*program.references, program]
    return Citation(
        sentences=tuple(map(_sentence, works)),
        bibtex="\n\n".join(map(_bibtex, works)),
        source=read(path).decode(errors="replace"),
    )


def _sentence(work: Work) -> str:
    authors = ", ".join(author.full_name for author in work.authors)
    when = work.year or f"version {work.version}"
    where = f", arXiv:{work.arxiv}{work.version or ''}" if work.arxiv else ""
    return f"{authors}, {work.title}{where} ({when})" + (f". {work.notes}" if work.notes else "")


def _bibtex(work: Work) -> str:
    authors = " and ".join(
        f"{author.family_names}, {author.given_names}"
        if author.given_names
        else f"{{{author.full_name}}}"
        for author in work.authors
    )
    fields = {
        "title": f"{{{work.title}}}",
        "author": authors,
        "year": work.year,
        "eprint": work.arxiv,
        "archivePrefix": work.arxiv and "arXiv",
        "version": work.version,
    }
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value is not None]
    first = work.authors[0]
    key = f"{(first.family_names or first.name).split()[-1].lower()}{work.year or ''}"
    kind = "software" if work.type == "software" else "misc"
    return f"@{kind}{{{key},\n" + ",\n".join(lines) + "\n}"
