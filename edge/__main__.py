"""`python -m edge` is `store-edge`."""

from edge.cli import main

main(prog_name="store-edge")
