"""Real calls and their answers: what the OpenAPI document and the pages of calls show."""
