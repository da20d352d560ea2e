"""``python -m api.verifier``: builds the verifier page into LANDLOG_HOME/verifier, and says its SHA-256."""

from __future__ import annotations

import sys

from api.verifier import page_file, sums

if __name__ == "__main__":
    built = page_file()
    sys.stdout.write(f"{built}\n{sums(built.read_bytes())}")
