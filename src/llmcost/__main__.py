"""The entry point of `llmcost` and `python -m llmcost`."""

import sys


def main() -> None:
    """Run the command line; answer `--version` before anything heavy is imported."""
    if sys.argv[1:] == ["--version"]:
        from llmcost import __version__

        print(f"llmcost {__version__}")  # noqa: T201  the one answer given without the render layer
        return
    from llmcost.cli.app import run

    run()


if __name__ == "__main__":
    main()
