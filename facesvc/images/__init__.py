"""What strangers name is fetched here, what strangers made is decoded here."""
