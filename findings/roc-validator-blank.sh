#!/usr/bin/env bash
# Whether the validator of RO-Crates accepts a crate in a folder whose name has a blank.
#
# Guess: yes, because nothing in a crate depends on the name of its folder.
# Seen on 2026-11-29 with roc-validator 0.13.0 and rocrate 0.13.0, and the same crate twice:
#   crate:   valid
#   a crate: The RO-Crate metadata file MUST be a CreativeWork, as per schema.org, and more
# The validator makes an address of the folder's path. It escapes blanks in one place and not in the
# other, so it does not find the entities of the crate, and blames the crate.
# The context of RO-Crate comes from the package rocrate, and no network is used to validate.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet roc-validator==0.13.0 rocrate==0.13.0
cd "$folder"
venv/bin/python - <<'PYTHON'
import io
import json
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

from requests.adapters import HTTPAdapter
from requests_cache import CachedSession
from rocrate.rocrate import ROCrate
from urllib3 import HTTPResponse


KIND = {"Content-Type": "application/ld+json"}


class Packaged(HTTPAdapter):
    def send(self, request, **settings):
        context = files("rocrate").joinpath("data/ro-crate.jsonld").read_bytes()
        body = HTTPResponse(io.BytesIO(context), KIND, status=200, preload_content=False)
        return self.build_response(request, body)


session = CachedSession("cache", backend="sqlite")
session.mount("https://w3id.org/", Packaged())
session.get("https://w3id.org/ro/crate/1.1/context")

Path("data.txt").write_text("1\n")
crate = ROCrate()
crate.name = crate.description = "An example"
crate.license = "https://spdx.org/licenses/MIT"
crate.add_file("data.txt")
crate.write("crate")
shutil.copytree("crate", "a crate")


def problems(name):
    command = ["venv/bin/rocrate-validator", "-y", "validate", name, "--offline"]
    command += ["--cache-path", "cache", "-p", "ro-crate-1.1", "-f", "json", "-o", "report.json"]
    subprocess.run(command, capture_output=True)
    return [issue["message"] for issue in json.loads(Path("report.json").read_text())["issues"]]


plain, blank = problems("crate"), problems("a crate")
print("crate:", plain or "valid")
print("a crate:", *(blank or ["valid"]), sep="\n  ")
sys.exit(not (plain == [] and any("MUST be a CreativeWork" in said for said in blank)))
PYTHON
