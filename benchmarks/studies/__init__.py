"""Studies behind choices in the code, each on photos that the caller names."""
