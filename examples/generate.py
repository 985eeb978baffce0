"""Write the demonstration gateway log into a folder and print what it contains.

python examples/generate.py demo-logs --requests 5000
"""

import argparse
from dataclasses import asdict
from pathlib import Path

from llmcost.demo import generate


def main() -> None:
    """Read the arguments, write the log, print the facts."""
    parser = argparse.ArgumentParser(description="Write a realistic gateway log to try llmcost on.")
    parser.add_argument("directory", type=Path, help="folder to write into; created if missing")
    parser.add_argument("--seed", type=int, default=2026, help="another seed, another company (default: %(default)s)")
    parser.add_argument("--requests", type=int, default=60_000, help="calls to invent (default: %(default)s)")
    arguments = parser.parse_args()
    facts = generate(arguments.directory, seed=arguments.seed, requests=arguments.requests)
    for name, value in asdict(facts).items():
        if not isinstance(value, dict):
            print(f"{name:26} {value}")


if __name__ == "__main__":
    main()
