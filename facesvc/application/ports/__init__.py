"""What the use cases need from the outside: small Protocols, by who needs them."""
