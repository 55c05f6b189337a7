"""``python -m gateway.sandbox``."""

import sys

from gateway.sandbox.server import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
