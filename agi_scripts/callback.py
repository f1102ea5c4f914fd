#!/usr/bin/env python3
"""What Asterisk starts for ``callback`` at a site without the AGI server: one process per call."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ivr.processes import run_agi_process

if __name__ == "__main__":
    sys.exit(run_agi_process("callback"))
