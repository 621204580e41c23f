"""The REST calls as an OpenAPI 3.1 document, from the descriptors of protos/ and their comments."""
