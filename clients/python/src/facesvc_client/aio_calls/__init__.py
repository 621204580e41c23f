"""The calls of AsyncClient, by what they are about; the same as those of Client."""
