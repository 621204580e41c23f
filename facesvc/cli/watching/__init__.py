"""Where the photos of ``facesvc watch`` come from."""
