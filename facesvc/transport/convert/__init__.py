"""Between messages and what the use cases take and give, each call in a file of its name.

``requests`` and ``answers`` hold what several calls share.
"""
