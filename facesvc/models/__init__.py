"""Model packs as serving needs them: manifests, verified files, prepared variants."""
