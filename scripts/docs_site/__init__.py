"""The documentation's site: pages from the repository, references from the code, links checked."""
