"""`make bench`: every benchmark, or the ones named. All figures are ratios to a bare baseline of the same run."""

from __future__ import annotations

import argparse
import importlib
import sys

BENCHES = {
    "ingest": "taking in 20,000 messages against bare fetch, parse and insert",
    "window": "start, memory and what an agent waits for at 100,000 tickets against a bare window",
    "plugins": "the call of a hook against pluggy's own, the start of the window with 20 plugins against none",
    "lists": "lists, pages, searches and conversations at growing numbers of tickets",
}


def main() -> int:
    """Run the benchmarks named on the command line, all of them by default; what follows `--` goes to each."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="; ".join(f"{n}: {text}" for n, text in BENCHES.items())
    )
    args, rest = parser.parse_known_args()
    unknown = [name for name in args.names if name not in BENCHES]
    if unknown:
        parser.error(f"no such benchmark: {', '.join(unknown)}")
    worst = 0
    for name in args.names or BENCHES:
        print(f"== {name}: {BENCHES[name]}", flush=True)
        worst = max(worst, importlib.import_module(f"bench.{name}").main(rest))
    return worst


if __name__ == "__main__":
    sys.exit(main())
