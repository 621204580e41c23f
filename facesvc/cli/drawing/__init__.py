"""Pictures of answers: photos with their faces marked, and contact sheets."""
