"""`python -m services.tracking <process>...`"""

from __future__ import annotations

import sys

from shared.starting import kept_for_good

with kept_for_good():
    from services.tracking.processes import PROCESSES, TOOLS
    from shared.processes import main

if __name__ == "__main__":
    sys.exit(main("tracking", PROCESSES, TOOLS, sys.argv[1:]))
