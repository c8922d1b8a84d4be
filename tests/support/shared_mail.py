"""Where the public corpora and the generator of mail with known truth lie, for tests that read them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(os.environ.get("DESK_APP_SHARED", Path(__file__).resolve().parents[3] / "shared"))
CORPORA = SHARED / "corpora" / "mail"
GENERATOR = SHARED / "tools" / "make_mailset.py"

needs_corpora = pytest.mark.skipif(not CORPORA.is_dir(), reason="../shared/corpora is absent")
needs_generator = pytest.mark.skipif(not GENERATOR.is_file(), reason="../shared/tools is absent")


def corpus_messages(*names: str) -> Iterator[tuple[str, bytes]]:
    """Yield id and raw bytes of the corpus messages, of some corpora or of all."""
    for line in (CORPORA / "manifest.jsonl").read_text("utf-8").splitlines():
        entry = json.loads(line)
        if not names or entry["corpus"] in names:
            yield entry["id"], (CORPORA / entry["path"]).read_bytes()


def make_mailset(out: Path, *, count: int, seed: int) -> Iterator[tuple[dict[str, Any], bytes]]:
    """Generate mail and yield the truth about each message with its raw bytes."""
    command = [sys.executable, str(GENERATOR), "--out", str(out), "--count", str(count), "--seed", str(seed)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    for line in (out / "truth.jsonl").read_text("utf-8").splitlines():
        truth = json.loads(line)
        yield truth, (out / "maildir" / truth["account"] / "new" / truth["file"]).read_bytes()
