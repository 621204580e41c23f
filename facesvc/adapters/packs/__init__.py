"""Model packs: manifests, the compact pack's making, prepared variants."""
