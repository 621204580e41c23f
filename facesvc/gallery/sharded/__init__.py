"""A gallery larger than one machine: the vectors live and are searched inside Redis."""
