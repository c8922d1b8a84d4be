"""A program with plugins, as a child process that may end in any way.

python -m tests.support.plugin_child DATA BUNDLED start [MODE]      loads what is wanted and ends in good order
python -m tests.support.plugin_child DATA BUNDLED activate SLUG     switches a plugin on
python -m tests.support.plugin_child DATA BUNDLED deactivate SLUG   switches it off
python -m tests.support.plugin_child DATA BUNDLED update SLUG       switches to the newer version
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

from desk_app.infra.location import resolve
from desk_app.plugin_api.context import Mode
from desk_app.runtime import plugins
from desk_app.runtime.compose import open_desk


def main(data: str, bundled: str, what: str, which: str = "") -> None:
    """Do one thing and say how every plugin stands."""
    plugins.bundled_folder = lambda: Path(bundled)  # type: ignore[assignment]
    location = replace(resolve(data=data), keychain="memory")
    desk = open_desk(location, origin="worker")
    desk.plugins.start(Mode(which) if what == "start" and which else Mode.SERVICE, safe=what == "safe")
    if what == "activate":
        desk.plugins.activate(which, ())
    if what == "deactivate":
        desk.plugins.deactivate(which)
    if what == "update":
        desk.plugins.update(which)
    states = {one.slug: [one.kind.value, one.reason] for one in desk.plugins.plugins()}
    sys.stdout.write(json.dumps({"states": states, "safe": desk.plugins.safe_mode}) + "\n")
    if what == "vanish":
        sys.stdout.flush()
        os._exit(1)
    desk.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
