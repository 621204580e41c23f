"""The shared gallery: Redis or Valkey as the store of several replicas."""
