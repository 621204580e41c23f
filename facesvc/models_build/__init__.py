"""Making model packs: fetching, assembling, rewriting graphs, quantising. Serving imports none."""
