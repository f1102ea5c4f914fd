"""The command line: ``python cli.py …``, installed as ``ivr``."""

from ivr.commands import main

if __name__ == "__main__":
    main()
