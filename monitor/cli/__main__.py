"""`python -m monitor.cli` is `driftline`."""

from . import main

main()
