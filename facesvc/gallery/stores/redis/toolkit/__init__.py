"""What a gallery in Redis is made of: connections, scripts with named arguments, writes safe to
send twice, the registry of collections.

The store and the sharded gallery stand on it; it knows neither.
"""
