"""`python -m desk_app` is the command `desk-app`."""

from __future__ import annotations

import sys

from desk_app.runtime.command import main

if __name__ == "__main__":
    sys.exit(main())
