"""Entry point of the gRPC server, as ``facesvc serve``."""

import sys

from facesvc.serve import main

if __name__ == "__main__":
    sys.exit(main())
