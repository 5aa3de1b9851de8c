"""What `make check` counts as a sentence of the pages."""

import runpy
from pathlib import Path

SCRIPT = Path(__file__).parents[3] / "scripts" / "measure_prose.py"

PAGE = """# A heading of many words. And more

See Eq. 2 and [the page](docs/a.b.md) of `config.yaml? yes`. Is this *one
sentence*? Yes!

| a table | with words |
|---|---|

- An item
  of two lines
- another item. It goes on:

  ```
  code that. is. none
  ```

    code as well

![A picture](fig.png)

*A caption (of Fig. 3.)* The end
"""


def test_prose_is_split_into_sentences_without_code_tables_and_headings():
    script = runpy.run_path(str(SCRIPT))
    lengths = [script["words"](sentence) for sentence in script["sentences"](PAGE)]
    assert lengths == [9, 4, 1, 5, 2, 3, 5, 2]
