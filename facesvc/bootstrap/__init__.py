"""The one place that names concrete classes: everything is wired together here."""

from facesvc.bootstrap.service import Service, bootstrap
from facesvc.bootstrap.startup import StartupError

__all__ = ["Service", "StartupError", "bootstrap"]
