"""``python -m facesvc``: the command line."""

import sys

from facesvc.cli.main import main

sys.exit(main())
