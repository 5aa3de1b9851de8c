"""Measure how long the sentences of README and the other pages are, and fail if they are too long.

For each page it prints lines, words, sentences and words per sentence. Code, tables, headings,
images and the addresses of links do not count. Each item of a list ends its sentence.
"""

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "CONTRIBUTING.md", "slurm/*.md", "docs/*.md", "docs/decisions/*.md")
#: Most words per sentence in the mean of a page, and most lines of the README.
MOST_WORDS, MOST_LINES = 18, 130

NOT_PROSE = re.compile(
    r"^ *```(?s:.*?)^ *```|<!--(?s:.*?)-->|(?<=\n\n)(?: {4}.*\n)+|^[|#>].*$|!\[[^]]*\]\([^)]*\)",
    re.MULTILINE,
)
LINK = re.compile(r"\[([^]]*)\]\([^)]*\)")
ABBREVIATION = re.compile(r"\b(App|Apps|Eq|Eqs|Fig|Figs|Ref|Refs|cf|vs|e\.g|i\.e)\.")
ITEM = re.compile(r"^ *(?:[-*]|\d+\.) ", re.MULTILINE)
END = re.compile(r"(?<=[.!?])[*)”]*\s+|\n\n+")


def sentences(page: str) -> list[str]:
    """The sentences of a page in Markdown, without its code, tables and headings."""
    prose = LINK.sub(r"\1", NOT_PROSE.sub("\n\n", page))
    prose = re.sub(r"`[^`]*`", lambda code: re.sub(r"[.!?]", "", code[0]), prose)
    prose = ITEM.sub("\n\n", ABBREVIATION.sub(r"\1", prose))
    return [found for part in END.split(prose) if words(found := " ".join(part.split()))]


def words(text: str) -> int:
    """The number of words: text between spaces that has a letter or a digit."""
    return sum(any(map(str.isalnum, word)) for word in text.split())


def main() -> int:
    """Print the table of all pages; the exit code is 1 if one of them is too long."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--above", type=int, metavar="N", help="print sentences of more than N words"
    )
    above = parser.parse_args().above
    too_long = []
    for path in sorted(path for pattern in PAGES for path in ROOT.glob(pattern)):
        text, name = path.read_text(encoding="utf-8"), str(path.relative_to(ROOT))
        found = sentences(text)
        lines, count = text.count("\n"), sum(map(words, found))
        mean = count / max(len(found), 1)
        print(f"{name:66}{lines:5} lines{count:6} words{len(found):5} sentences{mean:6.1f}")
        if mean > MOST_WORDS:
            too_long.append(name)
        if name == "README.md" and lines > MOST_LINES:
            too_long.append(f"{name} (more than {MOST_LINES} lines)")
        for sentence in found if above else ():
            if words(sentence) > above:
                print(f"  {words(sentence)}: {sentence}")
    if too_long:
        print(f"too long: {', '.join(too_long)}", file=sys.stderr)
    return bool(too_long)


if __name__ == "__main__":
    sys.exit(main())
