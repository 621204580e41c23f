"""Pure values and rules: faces, quality, similarity, galleries, errors."""
